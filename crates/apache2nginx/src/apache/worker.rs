//! The `key=value` parameters of `ProxySet`, `ProxyPass` and `BalancerMember`.

use std::borrow::Cow;

use crate::tree::Node;

/// The parameters among a directive's arguments, from one of them on.
pub fn parameters(node: &Node, from: usize) -> impl Iterator<Item = Parameter<'_>> {
    node.arguments.iter().skip(from).filter_map(move |argument| {
        let (key, value) = argument.text.split_once('=')?;
        let is_lower = !key.bytes().any(|byte| byte.is_ascii_uppercase());
        let key = if is_lower { key.into() } else { key.to_ascii_lowercase().into() };
        Some((key, (value, node)))
    })
}

/// A key in lower case, its value, and the directive that has it.
pub type Parameter<'a> = (Cow<'a, str>, (&'a str, &'a Node));

/// A time as nginx writes it; Apache's default unit is the second.
pub fn time(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u32 = number.parse().ok()?;
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "s" => "s",
        "ms" => "ms",
        "mi" | "min" => "m",
        "h" => "h",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

/// A number of connections or tries.
pub fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

/// `on` or `off`, in any case.
pub fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let cases = [
            ("5", Some("5s")),
            ("500ms", Some("500ms")),
            ("2min", Some("2m")),
            ("1h", Some("1h")),
            ("7S", Some("7s")),
            ("5x", None),
            ("-1", None),
            ("", None),
            ("99999999999", None),
        ];
        for (text, time_of_nginx) in cases {
            assert_eq!(time(text).as_deref(), time_of_nginx, "{text}");
        }
    }
}
