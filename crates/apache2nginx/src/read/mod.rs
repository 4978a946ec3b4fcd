//! Reading: lines become a tree, in the order in which Apache reads them, so that what a line
//! defines or includes counts from there on.

mod conditions;
mod inserted;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::defines::{Defines, Expanded};
use crate::error::{Error, Problem};
use crate::include;
use crate::lines::{Line, Lines};
use crate::macros::Macro;
use crate::place::Place;
use crate::read::conditions::Condition;
use crate::tree::{Argument, Node, NodeId};
use crate::words::{Word, words};

/// Sections in sections, over all files.
const DEEPEST: usize = 100;

/// Files in files, and macros in macros; as deep as Apache goes.
const DEEPEST_INCLUDE: usize = 20;

/// What is read in all, each time that it is included counted: a bound for what includes and
/// macros can multiply.
pub const LARGEST: usize = 64 << 20;

/// The most lines in all.
const MOST_LINES: usize = 2_000_000;

/// The most parameters of a macro.
const MOST_PARAMETERS: usize = 64;

/// Something that was seen while reading and that the report shall mention.
#[derive(Clone, Debug)]
pub struct Remark {
    pub place: Place,
    pub line: String,
    pub reason: String,
}

/// Reads files into one tree.
pub struct Reader {
    defines: Defines,
    macros: HashMap<String, Rc<Macro>>,
    /// Given on the command line, or by `ServerRoot`; without it, a guess is made for each file.
    root: Option<PathBuf>,
    root_is_fixed: bool,
    pub remarks: Vec<Remark>,
    nodes: u32,
    bytes: usize,
    lines: usize,
    depth: usize,
    included: usize,
}

/// A section that is being read.
enum Open {
    /// It becomes a node.
    Section(Node),
    /// Its content belongs to what is around it, as with `<IfDefine>`.
    Transparent(String),
}

impl Reader {
    pub fn new(defines: Defines, root: Option<PathBuf>) -> Self {
        let root_is_fixed = root.is_some();
        Self {
            defines,
            macros: HashMap::new(),
            root,
            root_is_fixed,
            remarks: Vec::new(),
            nodes: 0,
            bytes: 0,
            lines: 0,
            depth: 0,
            included: 0,
        }
    }

    /// The root of relative names, if it is known for certain.
    pub fn server_root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Reads a file, or a directory's files.
    pub fn read_path(&mut self, path: &Path) -> Result<Vec<Node>, Error> {
        if !path.is_dir() {
            let bytes = include::read(path)?;
            return self.read_bytes(path, &bytes);
        }
        let mut nodes = Vec::new();
        for file in include::of_directory(path)? {
            let bytes = include::read_regular(&file)?;
            nodes.extend(self.read_bytes(&file, &bytes)?);
        }
        Ok(nodes)
    }

    /// Reads what a file contains.
    pub fn read_bytes(&mut self, path: &Path, bytes: &[u8]) -> Result<Vec<Node>, Error> {
        let fallback = include::root_of(path);
        self.read_lines(&mut Lines::new(path.to_string_lossy().into(), bytes), &fallback)
    }

    fn read_lines(
        &mut self,
        lines: &mut dyn Iterator<Item = Result<Line, Error>>,
        fallback: &Path,
    ) -> Result<Vec<Node>, Error> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<(Open, Line)> = Vec::new();
        while let Some(line) = lines.next() {
            let line = line?;
            self.count(line.text.len() + 1)?;
            self.lines += 1;
            if self.lines > MOST_LINES {
                return Err(Error::TooLarge("more than 2,000,000 lines"));
            }
            let start = line.text.len() - line.text.trim_ascii_start().len();
            let trimmed = line.text.trim_ascii();
            let read = if let Some(rest) = trimmed.strip_prefix("</") {
                self.close(&line, start, rest, &mut open)?
            } else if trimmed.starts_with('<') {
                self.open(&line, start, lines, fallback, &mut open)?;
                continue;
            } else {
                self.directive(&line, fallback)?
            };
            let parent = open.iter_mut().rev().find_map(|(open, _)| match open {
                Open::Section(node) => node.children.as_mut(),
                Open::Transparent(_) => None,
            });
            parent.unwrap_or(&mut nodes).extend(read);
        }
        match open.pop() {
            None => Ok(nodes),
            Some((open, line)) => {
                let name = open.name().to_owned();
                let start = line.text.find('<').unwrap_or(0);
                Err(line.error(start, name.len() + 1, Problem::NotClosed(name)))
            }
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes += bytes;
        if self.bytes > LARGEST { Err(Error::TooLarge("more than 64 MiB in all")) } else { Ok(()) }
    }

    /// Replaces the variables of a text.
    fn expand(&mut self, text: &str) -> Result<Expanded, Error> {
        let expanded = self.defines.expand(text, LARGEST);
        self.count(expanded.text.len())?;
        Ok(expanded)
    }

    fn next_id(&mut self) -> NodeId {
        self.nodes += 1;
        NodeId(self.nodes)
    }

    /// A closing tag: the section that it closes, if that becomes a node.
    fn close(
        &mut self,
        line: &Line,
        start: usize,
        rest: &str,
        open: &mut Vec<(Open, Line)>,
    ) -> Result<Vec<Node>, Error> {
        let length = rest.len() + 2;
        let Some(end) = rest.find('>') else {
            return Err(line.error(start, length, Problem::NoEndOfTag));
        };
        let found = rest[..end].trim_ascii().to_owned();
        let Some((section, opening)) = open.pop() else {
            return Err(line.error(start, length, Problem::NothingToClose { found }));
        };
        if !section.name().eq_ignore_ascii_case(&found) {
            let problem = Problem::WrongClose {
                found,
                open: section.name().to_owned(),
                line: opening.place(0).line,
            };
            return Err(line.error(start, length, problem));
        }
        self.depth -= 1;
        Ok(match section {
            Open::Section(node) => vec![node],
            Open::Transparent(_) => Vec::new(),
        })
    }

    /// An opening tag. What is not to be read, or belongs to a macro, is taken from `lines`.
    fn open(
        &mut self,
        line: &Line,
        start: usize,
        lines: &mut dyn Iterator<Item = Result<Line, Error>>,
        fallback: &Path,
        open: &mut Vec<(Open, Line)>,
    ) -> Result<(), Error> {
        let tag = &line.text[start..];
        let Some(end) = tag.rfind('>') else {
            return Err(line.error(start, tag.trim_ascii_end().len(), Problem::NoEndOfTag));
        };
        let inner = &tag[1..end];
        let length = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(length);
        if name.is_empty() {
            return Err(line.error(start, end + 1, Problem::NoName));
        }
        let key = name.to_ascii_lowercase();
        let arguments = words(rest, start + 1 + length);
        if key == "macro" {
            return self.define_macro(line, start, &arguments, lines);
        }
        let condition = self.condition(&key, &arguments, fallback)?;
        if let Some(Condition::Fails(reason)) = condition {
            return self.skip(line, name, lines, &reason);
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(line.error(start, end + 1, Problem::TooDeep));
        }
        let section = match condition {
            Some(_) => Open::Transparent(name.to_owned()),
            None => Open::Section(self.node(line, start, name, arguments, Some(Vec::new()))?),
        };
        open.push((section, line.clone()));
        Ok(())
    }

    fn remark(&mut self, line: &Line, reason: String) {
        let start = line.text.len() - line.text.trim_ascii_start().len();
        let text = line.text.trim_ascii().to_owned();
        self.remarks.push(Remark { place: line.place(start), line: text, reason });
    }

    /// A line that is no section: the nodes that it stands for.
    fn directive(&mut self, line: &Line, fallback: &Path) -> Result<Vec<Node>, Error> {
        let mut all = words(&line.text, 0);
        let name = all.remove(0);
        let key = name.text.to_ascii_lowercase();
        match key.as_str() {
            "define" => {
                let (Some(variable), None) = (all.first(), all.get(2)) else {
                    let problem = Problem::Arguments("Define", "a name and, optionally, a value");
                    return Err(line.error(name.offset, name.text.len(), problem));
                };
                let value = match all.get(1) {
                    Some(word) => Some(self.expand(&word.text)?.text),
                    None => None,
                };
                self.defines.define(&variable.text, value.as_deref());
                Ok(Vec::new())
            }
            "undefine" => {
                all.iter().for_each(|word| self.defines.undefine(&word.text));
                Ok(Vec::new())
            }
            "serverroot" => {
                if let (Some(root), false) = (all.first(), self.root_is_fixed) {
                    self.root = Some(self.expand(&root.text)?.text.into());
                }
                Ok(Vec::new())
            }
            "include" | "includeoptional" => self.include(line, &name, &all, fallback),
            "use" => self.use_macro(line, &name, &all, fallback),
            _ => {
                let start = name.offset;
                Ok(vec![self.node(line, start, &name.text, all, None)?])
            }
        }
    }

    fn node(
        &mut self,
        line: &Line,
        start: usize,
        name: &str,
        arguments: Vec<Word>,
        children: Option<Vec<Node>>,
    ) -> Result<Node, Error> {
        if arguments.iter().any(|word| word.unclosed) {
            self.remark(line, "a quote is not closed: read up to the end of the line".to_owned());
        }
        let mut expanded = Vec::with_capacity(arguments.len());
        for word in arguments {
            let value = self.expand(&word.text)?;
            expanded.push(Argument { text: value.text, undefined: value.undefined });
        }
        Ok(Node {
            id: self.next_id(),
            name: name.to_owned(),
            key: name.to_ascii_lowercase(),
            arguments: expanded,
            raw: line.text.trim_ascii().to_owned(),
            place: line.place(start),
            children,
        })
    }
}

impl Open {
    fn name(&self) -> &str {
        match self {
            Self::Section(node) => &node.name,
            Self::Transparent(name) => name,
        }
    }
}

/// Whether a line is a tag of this name.
fn tag_is(text: &str, start: &str, name: &str) -> bool {
    let Some(rest) = text.strip_prefix(start) else { return false };
    let Some(found) = rest.get(..name.len()) else { return false };
    let next = rest[name.len()..].chars().next();
    found.eq_ignore_ascii_case(name)
        && next.is_none_or(|next| next == '>' || next.is_ascii_whitespace())
}
