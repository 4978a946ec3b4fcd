//! The rules of mod_rewrite that answer with an error.

use crate::apache::guard::{Guard, Guards};
use crate::apache::worker;
use crate::tree::Node;

/// The rules of a server.
pub struct Rules<'a> {
    guards: Guards<'a>,
    engine: Option<bool>,
    options: Option<Options>,
}

/// What `RewriteOptions` says about the rules of the main server.
#[derive(Clone, Copy, Default)]
struct Options {
    inherits: bool,
    hands_down: bool,
    ignores: bool,
}

impl<'a> Rules<'a> {
    /// Those that directly stand in a server.
    pub fn of(nodes: &'a [Node]) -> Self {
        let mut rules = Self { guards: Guards::default(), engine: None, options: None };
        let mut conditions = Vec::new();
        let mut guards = Vec::new();
        for node in nodes {
            match node.key.as_str() {
                "rewriteengine" => rules.engine = node.argument(0).and_then(worker::flag),
                "rewriteoptions" => {
                    let options = rules.options.get_or_insert_default();
                    for text in node.texts() {
                        match text.to_ascii_lowercase().as_str() {
                            "inherit" | "inheritbefore" => options.inherits = true,
                            "inheritdown" | "inheritdownbefore" => options.hands_down = true,
                            "ignoreinherit" => options.ignores = true,
                            _ => {}
                        }
                    }
                }
                "rewritecond" => conditions.push(node),
                "rewriterule" => {
                    let conditions = std::mem::take(&mut conditions);
                    if is_forbidding(node) && !conditions.iter().any(|node| is_of_methods(node)) {
                        guards.push(guard(node, conditions.is_empty()));
                    }
                }
                _ => {}
            }
        }
        Self { guards: Guards::new(guards), ..rules }
    }

    /// The rules that apply in a virtual host, or in the main server itself. Those of the latter
    /// count elsewhere only if they are inherited, other than whether there are any.
    pub fn applying<'r>(main: &'r Self, host: Option<&'r Self>) -> Vec<&'r Guards<'a>> {
        let engine = host.and_then(|host| host.engine).or(main.engine);
        if engine != Some(true) {
            return Vec::new();
        }
        let Some(host) = host else { return vec![&main.guards] };
        let of_main = main.options.unwrap_or_default();
        let options = host.options.unwrap_or(of_main);
        let inherits = options.inherits || of_main.hands_down && !options.ignores;
        let inherited = Some(&main.guards).filter(|_| inherits);
        [Some(&host.guards), inherited].into_iter().flatten().collect()
    }
}

/// A `RewriteRule` that answers by itself that a request is forbidden or its object gone.
pub fn is_forbidding(node: &Node) -> bool {
    node.key == "rewriterule"
        && node.argument(2).is_some_and(|flags| {
            flags.trim_matches(['[', ']']).split(',').any(|flag| {
                let flag = flag.trim().to_ascii_lowercase();
                let status = flag.strip_prefix("r=").or_else(|| flag.strip_prefix("redirect="));
                matches!(flag.as_str(), "f" | "forbidden" | "g" | "gone")
                    || status.is_some_and(|status| status.starts_with('4'))
            })
        })
}

fn guard(node: &Node, is_denial: bool) -> Guard<'_> {
    let pattern = node.argument(0).unwrap_or_default();
    if pattern.starts_with('!') || node.undefined().is_some() {
        return Guard::new(String::new(), node, false);
    }
    let flags = node.argument(2).unwrap_or_default().to_ascii_lowercase();
    let any_case = flags.split(|c: char| !c.is_alphanumeric()).any(|f| f == "nc" || f == "nocase");
    let regex = format!("{}{pattern}", if any_case { "(?i)" } else { "" });
    Guard::new(regex, node, is_denial)
}

/// A condition under which the method is neither GET nor HEAD: nginx refuses TRACE, and signs no
/// others either.
fn is_of_methods(node: &Node) -> bool {
    let (Some(what), Some(pattern)) = (node.argument(0), node.argument(1)) else { return false };
    let (not, pattern) = match pattern.strip_prefix('!') {
        Some(pattern) => (true, pattern),
        None => (false, pattern),
    };
    let Some(pattern) = pattern.strip_prefix('^') else { return false };
    let words: Vec<_> = pattern.trim_matches(['(', ')', '$']).split('|').collect();
    let has = |word: &str| words.contains(&word);
    let are_words = words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()));
    let reads = if not { has("GET") && has("HEAD") } else { !has("GET") && !has("HEAD") };
    what == "%{REQUEST_METHOD}" && are_words && !has("") && reads
}
