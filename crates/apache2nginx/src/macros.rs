//! `<Macro>` and `Use`.

use crate::lines::Line;

/// The lines between `<Macro name parameter…>` and `</Macro>`.
#[derive(Clone, Debug)]
pub struct Macro {
    pub parameters: Vec<String>,
    pub lines: Vec<Line>,
}

impl Macro {
    /// The lines with the parameters replaced, the longest name first where several fit.
    pub fn lines<'a>(&'a self, arguments: &'a [String]) -> impl Iterator<Item = Line> + 'a {
        let mut pairs: Vec<_> = self.parameters.iter().zip(arguments).collect();
        pairs.retain(|(parameter, _)| !parameter.is_empty());
        pairs.sort_by_key(|(parameter, _)| std::cmp::Reverse(parameter.len()));
        self.lines.iter().map(move |line| line.with_text(replace(&line.text, &pairs)))
    }
}

fn replace(text: &str, pairs: &[(&String, &String)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    // Whoever counts what is read refuses more than this.
    let limit = crate::read::LARGEST;
    'text: while let Some(c) = rest.chars().next().filter(|_| replaced.len() <= limit) {
        for (parameter, argument) in pairs {
            if let Some(after) = rest.strip_prefix(parameter.as_str()) {
                replaced.push_str(argument);
                rest = after;
                continue 'text;
            }
        }
        replaced.push(c);
        rest = &rest[c.len_utf8()..];
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_parameter_is_replaced_first() {
        let (short, long) = ("$h".to_owned(), "$host".to_owned());
        let (one, two) = ("1".to_owned(), "2".to_owned());
        assert_eq!(replace("a $host $h $$h é", &[(&long, &two), (&short, &one)]), "a 2 1 $1 é");
    }
}
