//! What other lines are read in place of: `Include`, `<Macro>` and `Use`.

use std::path::Path;
use std::rc::Rc;

use crate::error::{Error, Problem};
use crate::include::{self, NotIncluded};
use crate::lines::{Line, Lines};
use crate::macros::Macro;
use crate::read::{DEEPEST_INCLUDE, MOST_PARAMETERS, Reader, tag_is};
use crate::tree::Node;
use crate::words::Word;

impl Reader {
    pub(super) fn define_macro(
        &mut self,
        opening: &Line,
        start: usize,
        arguments: &[Word],
        lines: &mut dyn Iterator<Item = Result<Line, Error>>,
    ) -> Result<(), Error> {
        let Some((name, parameters)) = arguments.split_first() else {
            let problem = Problem::Arguments("<Macro>", "a name");
            return Err(opening.error(start, 6, problem));
        };
        if parameters.len() > MOST_PARAMETERS {
            let problem = Problem::Arguments("<Macro>", "at most 64 parameters");
            return Err(opening.error(start, 6, problem));
        }
        let mut body = Vec::new();
        for line in lines {
            let line = line?;
            self.count(line.text.len() + 1)?;
            if tag_is(line.text.trim_ascii(), "</", "macro") {
                let parameters = parameters.iter().map(|word| word.text.clone()).collect();
                let name = name.text.to_ascii_lowercase();
                self.macros.insert(name, Rc::new(Macro { parameters, lines: body }));
                return Ok(());
            }
            body.push(line);
        }
        Err(opening.error(start, 6, Problem::NotClosed("Macro".to_owned())))
    }

    pub(super) fn include(
        &mut self,
        line: &Line,
        name: &Word,
        arguments: &[Word],
        fallback: &Path,
    ) -> Result<Vec<Node>, Error> {
        let optional = name.text.len() > "Include".len();
        let Some(path) = arguments.first() else {
            let problem = Problem::Arguments("Include", "the name of a file or directory");
            return Err(line.error(name.offset, name.text.len(), problem));
        };
        let wrong = |problem| line.error(path.offset, line.text.len() - path.offset, problem);
        let expanded = self.expand(&path.text)?.text;
        let root = self.root.clone().unwrap_or_else(|| fallback.to_owned());
        let files = match include::included(&root, &expanded) {
            Ok(files) => files,
            Err(NotIncluded::NoMatch | NotIncluded::Absent(_)) if optional => return Ok(Vec::new()),
            Err(NotIncluded::NoMatch) => return Err(wrong(Problem::NoMatch(expanded))),
            Err(NotIncluded::Absent(reason) | NotIncluded::Unreadable(reason)) => {
                return Err(wrong(Problem::Include { path: expanded, reason }));
            }
        };
        if self.included == DEEPEST_INCLUDE {
            return Err(wrong(Problem::IncludedTooDeep));
        }
        self.included += 1;
        let mut nodes = Vec::new();
        for file in files {
            let bytes = include::read_regular(&file).map_err(|error| {
                let reason = error.to_string();
                wrong(Problem::Include { path: file.display().to_string(), reason })
            })?;
            let mut lines = Lines::new(file.to_string_lossy().into(), &bytes);
            nodes.extend(self.read_lines(&mut lines, fallback)?);
        }
        self.included -= 1;
        Ok(nodes)
    }

    pub(super) fn use_macro(
        &mut self,
        line: &Line,
        name: &Word,
        arguments: &[Word],
        fallback: &Path,
    ) -> Result<Vec<Node>, Error> {
        let Some((called, arguments)) = arguments.split_first() else {
            let problem = Problem::Arguments("Use", "the name of a macro");
            return Err(line.error(name.offset, name.text.len(), problem));
        };
        let wrong = |problem| line.error(called.offset, called.text.len(), problem);
        let Some(found) = self.macros.get(&called.text.to_ascii_lowercase()).cloned() else {
            return Err(wrong(Problem::NoMacro(called.text.clone())));
        };
        if found.parameters.len() != arguments.len() {
            return Err(wrong(Problem::MacroArguments {
                name: called.text.clone(),
                wanted: found.parameters.len(),
                given: arguments.len(),
            }));
        }
        if self.included == DEEPEST_INCLUDE {
            return Err(wrong(Problem::IncludedTooDeep));
        }
        self.included += 1;
        let texts = arguments.iter().map(|word| Ok(self.expand(&word.text)?.text));
        let texts: Vec<_> = texts.collect::<Result<_, Error>>()?;
        let nodes = self.read_lines(&mut found.lines(&texts).map(Ok), fallback)?;
        self.included -= 1;
        Ok(nodes)
    }
}
