//! `Redirect` and `RedirectMatch` with a status that sends nobody elsewhere.

use crate::apache::guard::Guard;
use crate::tree::Node;

/// Whether requests are answered with an error.
pub fn is_refusing(node: &Node) -> bool {
    let status = node.argument(0).unwrap_or_default();
    let is_error = |status: &str| {
        status.starts_with(['4', '5']) && status.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(node.key.as_str(), "redirect" | "redirectmatch")
        && (status.eq_ignore_ascii_case("gone") || is_error(status))
}

/// Those that directly stand in a server. Apache passes requests on before it looks at them, but for
/// those that it maps to files first.
pub fn guards(nodes: &[Node]) -> impl Iterator<Item = Guard<'_>> {
    nodes.iter().filter(|node| is_refusing(node)).map(|node| {
        let path = node.argument(1).unwrap_or_default();
        let guard = match node.undefined() {
            Some(_) => Guard::new(String::new(), node, false),
            None if node.key == "redirect" => Guard::of_prefix(path, true, node, true),
            None => Guard::new(path.to_owned(), node, true),
        };
        guard.for_files()
    })
}
