//! Logical lines: what Apache reads as one line, comments and continuations resolved.

use std::rc::Rc;

use crate::error::{Error, Excerpt, Problem};
use crate::place::Place;
use crate::secrets;

/// A line that says something: no comment, not empty, continuations joined.
#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    file: Rc<str>,
    pieces: Pieces,
}

/// Where each physical line begins in a logical one, and its number.
type Pieces = Vec<(usize, u32)>;

impl Line {
    /// The place of a byte of the text.
    pub fn place(&self, offset: usize) -> Place {
        let (start, number) = self.piece(offset);
        let before = self.text.get(start..offset).unwrap_or_default();
        Place {
            file: Rc::clone(&self.file),
            line: number,
            column: 1 + before.chars().count() as u32,
        }
    }

    /// The error for what stands at a byte of the text.
    pub fn error(&self, offset: usize, length: usize, problem: Problem) -> Error {
        let (start, number) = self.piece(offset);
        let end = self.pieces.iter().map(|piece| piece.0).find(|&next| next > offset);
        let line = secrets::mask(&self.text);
        let line = &line[start..end.unwrap_or(self.text.len())];
        let from = (offset - start).min(line.len());
        let to = (from + length).min(line.len());
        Error::Syntax(Box::new(Excerpt::new(self.place(offset), number, line, from..to, problem)))
    }

    /// The same line with another text, as a macro makes it.
    pub fn with_text(&self, text: String) -> Self {
        let number = self.pieces.first().map_or(1, |piece| piece.1);
        Self { text, file: Rc::clone(&self.file), pieces: vec![(0, number)] }
    }

    fn piece(&self, offset: usize) -> (usize, u32) {
        let after = self.pieces.partition_point(|piece| piece.0 <= offset);
        self.pieces[after.saturating_sub(1)]
    }
}

/// The logical lines of a file.
pub struct Lines<'a> {
    file: Rc<str>,
    rest: &'a [u8],
    number: u32,
}

impl<'a> Lines<'a> {
    pub fn new(file: Rc<str>, bytes: &'a [u8]) -> Self {
        let rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Self { file, rest, number: 0 }
    }

    /// The next physical line without its end.
    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = &self.rest[..end.unwrap_or(self.rest.len())];
        self.rest = end.map_or(&[], |end| &self.rest[end + 1..]);
        self.number += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The bytes of the next logical line, and where its pieces begin.
    fn logical(&mut self) -> Option<(Vec<u8>, Pieces)> {
        let mut bytes = self.physical()?.to_vec();
        let mut pieces = vec![(0, self.number)];
        while bytes.last() == Some(&b'\\') {
            bytes.pop();
            // The backslash was that of a line before, if the last one was empty.
            while pieces.last().is_some_and(|piece| piece.0 > bytes.len()) {
                pieces.pop();
            }
            let Some(more) = self.physical() else { break };
            pieces.push((bytes.len(), self.number));
            bytes.extend_from_slice(more);
        }
        Some((bytes, pieces))
    }

    fn decode(&self, bytes: Vec<u8>, pieces: Pieces) -> Result<Line, Error> {
        let (bytes, offset, problem) = match String::from_utf8(bytes) {
            Ok(text) => {
                let control = |c: char| c.is_control() && c != '\t' && c != '\x0c';
                let Some(offset) = text.find(control) else {
                    return Ok(Line { text, file: Rc::clone(&self.file), pieces });
                };
                (text.into_bytes(), offset, Problem::ControlCharacter)
            }
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                (error.into_bytes(), offset, Problem::NotUtf8)
            }
        };
        // Up to the end of its physical line: what stands before the offset is as it was.
        let piece = pieces.partition_point(|piece| piece.0 <= offset);
        let end = pieces.get(piece).map_or(bytes.len(), |next| next.0);
        let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let pieces = pieces[..piece].to_vec();
        let line = Line { text, file: Rc::clone(&self.file), pieces };
        Err(line.error(offset, 1, problem))
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (bytes, pieces) = self.logical()?;
            match bytes.trim_ascii_start().first() {
                None | Some(b'#') => continue,
                Some(_) => return Some(self.decode(bytes, pieces)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<(u32, String)> {
        let lines = Lines::new("a.conf".into(), bytes);
        lines.map(|line| line.unwrap()).map(|line| (line.place(0).line, line.text)).collect()
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        assert_eq!(texts(b"\n  # x\nA b\r\n\t\nC"), [(3, "A b".into()), (5, "C".into())]);
    }

    #[test]
    fn a_comment_is_continued_like_any_line() {
        assert_eq!(texts(b"# x \\\nA b\nC"), [(3, "C".into())]);
    }

    #[test]
    fn an_empty_line_is_continued_by_the_backslash_before_it() {
        assert_eq!(texts(b"A\\\\\n\nb\nC"), [(1, "Ab".into()), (4, "C".into())]);
        let error = Lines::new("a.conf".into(), b"A \x01\\\\\\\n\n\n").next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "a.conf:1:3: control character");
    }

    #[test]
    fn places_are_those_of_the_physical_lines() {
        let lines = Lines::new("a.conf".into(), b"A \\\n  b c\nD");
        let line = lines.map(|line| line.unwrap()).next().unwrap();
        assert_eq!(line.text, "A   b c");
        let place = line.place(line.text.find('c').unwrap());
        assert_eq!((place.line, place.column), (2, 5));
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error_outside_of_comments() {
        assert_eq!(texts(b"# Gr\xf6\xdfe\nA b"), [(2, "A b".into())]);
        let mut lines = Lines::new("a.conf".into(), b"A \\\nb\xff\n");
        let error = lines.next().unwrap().unwrap_err().to_string();
        assert_eq!(error, "a.conf:2:2: the line is not UTF-8");
    }
}
