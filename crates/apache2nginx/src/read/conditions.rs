//! Sections whose condition is decided while reading: `<IfDefine>`, `<IfModule>` and the like.

use std::path::Path;

use crate::error::{Error, Problem};
use crate::lines::Line;
use crate::read::{Reader, tag_is};
use crate::words::Word;

/// What is to be done with a section once its condition is known.
pub(super) enum Condition {
    Holds,
    Fails(String),
}

impl Reader {
    /// Whether a section's condition holds, if it is a section with one that is decided while
    /// reading. All modules count as loaded. Relative names are below the root, or the fallback.
    pub(super) fn condition(
        &mut self,
        key: &str,
        arguments: &[Word],
        fallback: &Path,
    ) -> Result<Option<Condition>, Error> {
        let text = self.expand(arguments.first().map_or("", |word| &word.text))?.text;
        let (wanted, name) = match text.strip_prefix('!') {
            Some(name) => (false, name),
            None => (true, text.as_str()),
        };
        let no = if wanted { "is not" } else { "is" };
        let (holds, reason) = match key {
            "ifdefine" => (
                self.defines.is_defined(name) == wanted,
                format!("not read, since {name} {no} defined; -D {name} defines it"),
            ),
            "ifmodule" => (wanted, format!("not read, since {name} is taken as loaded")),
            "ifdirective" | "ifsection" => (wanted, format!("not read, since {name} is known")),
            "iffile" => (
                self.root.as_deref().unwrap_or(fallback).join(name).exists() == wanted,
                format!("not read, since there {no} a file {name}"),
            ),
            "ifversion" => (
                is_version(&arguments.iter().map(|word| word.text.as_str()).collect::<Vec<_>>()),
                "not read, since this is not Apache 2.4".to_owned(),
            ),
            _ => return Ok(None),
        };
        Ok(Some(if holds { Condition::Holds } else { Condition::Fails(reason) }))
    }

    /// Passes over a section whose condition fails.
    pub(super) fn skip(
        &mut self,
        opening: &Line,
        name: &str,
        lines: &mut dyn Iterator<Item = Result<Line, Error>>,
        reason: &str,
    ) -> Result<(), Error> {
        let mut depth = 1;
        let mut concerns_s3 = false;
        for line in lines {
            let line = line?;
            self.count(line.text.len() + 1)?;
            let text = line.text.trim_ascii();
            if tag_is(text, "</", name) {
                depth -= 1;
                if depth == 0 {
                    let mut reason = reason.to_owned();
                    if concerns_s3 {
                        reason.push_str("; it has S3 directives");
                    }
                    self.remark(opening, reason);
                    return Ok(());
                }
            } else if tag_is(text, "<", name) {
                depth += 1;
            }
            let start = text.get(..3).unwrap_or_default().to_ascii_lowercase();
            concerns_s3 |= start.starts_with("s3") || start == "ism";
        }
        let start = opening.text.find('<').unwrap_or(0);
        Err(opening.error(start, name.len() + 1, Problem::NotClosed(name.to_owned())))
    }
}

/// Whether the arguments of `<IfVersion>` hold for the latest Apache 2.4.
fn is_version(arguments: &[&str]) -> bool {
    let (operator, version) = match arguments {
        [operator, version] => (*operator, *version),
        [version] => ("=", *version),
        _ => return false,
    };
    let (wanted, operator) = match operator.strip_prefix('!') {
        Some(operator) => (false, operator),
        None => (true, operator),
    };
    let pattern = version.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    if let Some(pattern) = pattern.or((operator == "~").then_some(version)) {
        return regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match("2.4.99")) == wanted;
    }
    let latest = [2, 4, 99];
    let mut asked = [0; 3];
    for (place, part) in version.split('.').take(3).enumerate() {
        asked[place] = part.parse().unwrap_or(0);
    }
    let holds = match operator {
        "=" | "==" => latest == asked,
        ">" => latest > asked,
        ">=" => latest >= asked,
        "<" => latest < asked,
        "<=" => latest <= asked,
        _ => return false,
    };
    holds == wanted
}
