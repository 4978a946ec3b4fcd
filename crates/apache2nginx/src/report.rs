//! The report: what was converted, and what was not and why.

use std::fmt::Write as _;

use serde::Serialize;

use crate::error::Error;
use crate::place::Place;
use crate::target::Addresses;

/// How much an entry matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Converted, or done by nginx anyway; to be known.
    Note,
    /// Not converted; S3 does not depend on it.
    NotConverted,
    /// Not converted, and S3 depends on it.
    NotConvertedS3,
}

impl Kind {
    pub fn left(concerns_s3: bool) -> Self {
        if concerns_s3 { Self::NotConvertedS3 } else { Self::NotConverted }
    }
}

/// One line of the report. Secrets are not in it.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    pub kind: Kind,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub directive: String,
    pub reason: String,
}

impl Item {
    pub fn new(kind: Kind, place: &Place, directive: String, reason: &str) -> Self {
        Self {
            kind,
            file: place.file.to_string(),
            line: place.line,
            column: place.column,
            directive,
            reason: reason.to_owned(),
        }
    }

    /// Whether another line of the same directive in the same file has the same reason, which is
    /// told once if it is none of S3's business.
    fn is_like(&self, other: &Self) -> bool {
        let name = |item: &Self| item.directive.split_whitespace().next().map(str::to_owned);
        self.kind == Kind::NotConverted
            && self.file == other.file
            && self.reason == other.reason
            && name(self) == name(other)
    }
}

/// How much was converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub servers: usize,
    pub locations: usize,
    pub signed_locations: usize,
    pub upstreams: usize,
    pub signed_upstreams: usize,
}

/// What was converted, and what was not.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub converted: Counts,
    pub addresses: Addresses,
    pub items: Vec<Item>,
}

impl Report {
    /// Whether everything that concerns S3 was converted.
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(|item| item.kind != Kind::NotConvertedS3)
    }

    /// For people: what matters most comes last, where it is seen.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.addresses.notes.is_empty() {
            let _ = writeln!(text, "Addresses of hosts:\n  {}", self.addresses.notes.join("\n  "));
        }
        let headings = [
            (Kind::Note, "To be known:"),
            (Kind::NotConverted, "Not converted, and none of S3's business:"),
            (Kind::NotConvertedS3, "Not converted, although S3 depends on it:"),
        ];
        for (kind, heading) in headings {
            let mut items = self.items.iter().filter(|item| item.kind == kind).peekable();
            if items.peek().is_some() {
                let _ = writeln!(text, "{heading}");
            }
            while let Some(item) = items.next() {
                let Item { file, line, directive, reason, .. } = item;
                let _ = writeln!(text, "  {file}:{line}: {directive}\n      {reason}");
                let (mut more, mut last) = (0, *line);
                while let Some(next) = items.next_if(|next| next.is_like(item)) {
                    (more, last) = (more + 1, next.line);
                }
                if more > 0 {
                    let _ = writeln!(text, "      and {more} more of these, to line {last}");
                }
            }
        }
        let Counts { servers, locations, signed_locations, upstreams, signed_upstreams } =
            self.converted;
        let _ = writeln!(
            text,
            "Made: servers {servers}; locations {locations}, of which {signed_locations} sign; \
             upstreams {upstreams}, of which {signed_upstreams} with keys."
        );
        let left = self.items.iter().filter(|item| item.kind == Kind::NotConvertedS3).count();
        let _ = if left == 0 {
            writeln!(text, "Everything that concerns S3 was converted.")
        } else {
            writeln!(text, "Of what concerns S3, {left} lines were not converted.")
        };
        text
    }

    /// For scripts.
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct Json<'a> {
            complete: bool,
            #[serde(flatten)]
            report: &'a Report,
        }
        json(&Json { complete: self.is_complete(), report: self })
    }
}

/// An error for scripts.
pub fn json_error(error: &Error) -> String {
    #[derive(Serialize)]
    struct Failure {
        error: Described,
    }
    #[derive(Serialize)]
    struct Described {
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<u32>,
    }
    let excerpt = match error {
        Error::Syntax(excerpt) => Some(excerpt),
        _ => None,
    };
    let message = excerpt.map_or_else(|| error.to_string(), |excerpt| excerpt.problem.to_string());
    json(&Failure {
        error: Described {
            message,
            file: excerpt.map(|excerpt| excerpt.place.file.to_string()),
            line: excerpt.map(|excerpt| excerpt.place.line),
            column: excerpt.map(|excerpt| excerpt.place.column),
        },
    })
}

fn json<T: Serialize>(value: &T) -> String {
    // Numbers and strings alone: nothing here can fail to be written.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
