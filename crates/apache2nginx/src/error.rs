//! What makes an input unreadable, or an output unwritable, in an operator's words.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use thiserror::Error;

use crate::place::Place;

/// Why nothing is converted.
#[derive(Debug, Error)]
pub enum Error {
    #[error("{0}")]
    Syntax(Box<Excerpt>),

    #[error("cannot read {}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },

    #[error("cannot read {}: it is neither a regular file nor a directory", .0.display())]
    NotAFile(PathBuf),

    #[error("{} has no configuration: no apache2.conf, httpd.conf or *.conf", .0.display())]
    EmptyDirectory(PathBuf),

    #[error("the configuration is too large: {0}")]
    TooLarge(&'static str),

    #[error("{} exists already; use --force to replace it", .0.display())]
    Exists(PathBuf),

    #[error("--output and --secrets-file name the same file, {}", .0.display())]
    SameFile(PathBuf),

    #[error(
        "nginx reads all files next to {} by itself, and would have its upstream blocks twice, \
         since the output includes it; name a file in another directory with --secrets-file",
        .0.display()
    )]
    ReadTwice(PathBuf),

    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },

    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("control character")]
    ControlCharacter,
    #[error("a section must end with \">\"")]
    NoEndOfTag,
    #[error("section without a name")]
    NoName,
    #[error("<{0}> is not closed before the end of the file")]
    NotClosed(String),
    #[error("</{found}> closes nothing")]
    NothingToClose { found: String },
    #[error("</{found}> does not close <{open}> of line {line}")]
    WrongClose { found: String, open: String, line: u32 },
    #[error("sections are nested too deeply")]
    TooDeep,
    #[error("files are included too deeply; does one include itself?")]
    IncludedTooDeep,
    #[error("{0} takes {1}")]
    Arguments(&'static str, &'static str),
    #[error("cannot include {path}: {reason}")]
    Include { path: String, reason: String },
    #[error("no file matches {0}; IncludeOptional would not mind")]
    NoMatch(String),
    #[error("the macro {0} is not defined")]
    NoMacro(String),
    #[error("the macro {name} takes {wanted} arguments, not {given}")]
    MacroArguments { name: String, wanted: usize, given: usize },
}

/// A problem with the line in which it is.
#[derive(Debug, Error)]
#[error("{place}:{}: {problem}", place.column)]
pub struct Excerpt {
    pub place: Place,
    pub problem: Problem,
    line: String,
    number: u32,
    span: Range<usize>,
}

/// How much of a line is shown.
const SHOWN: usize = 2000;

impl Excerpt {
    /// `line` is without secrets.
    pub fn new(
        place: Place,
        number: u32,
        line: &str,
        span: Range<usize>,
        problem: Problem,
    ) -> Self {
        let mut line = line.to_owned();
        let mut span = span;
        if line.len() > SHOWN {
            line.truncate((0..=SHOWN).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0));
            span = span.start.min(line.len())..span.end.min(line.len());
        }
        let boundary = |at: usize| (at..=line.len()).find(|&at| line.is_char_boundary(at));
        let start = boundary(span.start).unwrap_or(line.len());
        let end = boundary(span.end.max(start)).unwrap_or(line.len());
        Self { place, problem, number, span: start..end, line }
    }

    /// The problem, the place and the line, the wrong part underlined.
    pub fn render(&self) -> String {
        let title = self.problem.to_string();
        let snippet = Snippet::source(self.line.as_str())
            .line_start(self.number as usize)
            .path(&*self.place.file)
            .annotation(AnnotationKind::Primary.span(self.span.clone()));
        Renderer::plain().render(&[Level::ERROR.primary_title(title).element(snippet)])
    }
}

impl Error {
    /// The error as it is shown to a person.
    pub fn render(&self) -> String {
        match self {
            Self::Syntax(excerpt) => excerpt.render(),
            _ => format!("error: {self}"),
        }
    }
}
