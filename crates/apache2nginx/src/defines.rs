//! Variables: `Define`, `-D` and the environment.

use std::collections::HashMap;

/// What `${NAME}` and `<IfDefine NAME>` look at.
#[derive(Clone, Debug, Default)]
pub struct Defines {
    defined: HashMap<String, Option<String>>,
    environment: HashMap<String, String>,
}

/// A text with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    pub text: String,
    /// The first variable without a value; it stays as it is written.
    pub undefined: Option<String>,
}

impl Defines {
    /// `arguments` are those of `-D`: `NAME` or `NAME=VALUE`.
    pub fn new(arguments: &[String], environment: HashMap<String, String>) -> Self {
        let defined = arguments.iter().map(|argument| match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument.clone(), None),
        });
        Self { defined: defined.collect(), environment }
    }

    pub fn define(&mut self, name: &str, value: Option<&str>) {
        self.defined.insert(name.to_owned(), value.map(str::to_owned));
    }

    pub fn undefine(&mut self, name: &str) {
        self.defined.remove(name);
    }

    /// Whether `<IfDefine NAME>` holds, for which the environment does not count.
    pub fn is_defined(&self, name: &str) -> bool {
        self.defined.contains_key(name)
    }

    fn value(&self, name: &str) -> Option<&str> {
        match self.defined.get(name) {
            Some(Some(value)) => Some(value),
            _ => self.environment.get(name).map(String::as_str),
        }
    }

    /// Replaces each `${NAME}` that has a value. Goes on to a little more than `limit` bytes.
    pub fn expand(&self, text: &str, limit: usize) -> Expanded {
        let mut expanded = Expanded { text: String::with_capacity(text.len()), undefined: None };
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else { break };
            let name = &rest[start + 2..start + length];
            expanded.text.push_str(&rest[..start]);
            if let Some(value) = self.value(name) {
                expanded.text.push_str(value);
            } else {
                expanded.text.push_str(&rest[start..=start + length]);
                expanded.undefined.get_or_insert_with(|| name.to_owned());
            }
            rest = &rest[start + length + 1..];
            if expanded.text.len() > limit {
                return expanded;
            }
        }
        expanded.text.push_str(rest);
        expanded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defines() -> Defines {
        let arguments = ["A=1".to_owned(), "FLAG".to_owned()];
        Defines::new(&arguments, [("B".to_owned(), "2".to_owned())].into())
    }

    #[test]
    fn variables_come_from_defines_and_the_environment() {
        assert_eq!(defines().expand("x${A}y${B}$z", 99).text, "x1y2$z");
    }

    #[test]
    fn a_variable_without_a_value_stays_and_is_named() {
        let expanded = defines().expand("a${C}b${D}${A}${", 99);
        assert_eq!(
            expanded,
            Expanded { text: "a${C}b${D}1${".into(), undefined: Some("C".into()) }
        );
    }

    #[test]
    fn a_text_grows_no_further_than_the_limit() {
        assert_eq!(defines().expand("${A}${A}${A}${A}${A}", 2).text, "111");
    }

    #[test]
    fn the_environment_defines_nothing_for_if_define() {
        let defines = defines();
        assert!(defines.is_defined("FLAG") && defines.is_defined("A") && !defines.is_defined("B"));
    }
}
