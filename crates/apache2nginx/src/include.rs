//! The files that are named on the command line or included.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::error::Error;

/// The largest file that is read.
const LARGEST: u64 = 64 << 20;

/// The most files for one pattern.
const MOST: usize = 100_000;

const WILDCARDS: [char; 3] = ['*', '?', '['];

/// Why an `Include` includes nothing.
pub enum NotIncluded {
    /// A pattern without a match.
    NoMatch,
    /// A name for which there is no file.
    Absent(String),
    /// A file that cannot be read.
    Unreadable(String),
}

/// The files that `Include` names, in order: those of a pattern or a directory are sorted.
pub fn included(root: &Path, name: &str) -> Result<Vec<PathBuf>, NotIncluded> {
    let path = root.join(name);
    let text = path.to_string_lossy();
    if !text.contains(WILDCARDS) {
        return match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => files_below(&path),
            Ok(_) => Ok(vec![path]),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(NotIncluded::Absent(error.to_string()))
            }
            Err(error) => Err(NotIncluded::Unreadable(error.to_string())),
        };
    }
    let mut files = Vec::new();
    for path in matching(&text)? {
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
        check(files.len())?;
    }
    if files.is_empty() { Err(NotIncluded::NoMatch) } else { Ok(files) }
}

/// The paths that a pattern matches, sorted. Only what is not there is passed over.
fn matching(pattern: &str) -> Result<Vec<PathBuf>, NotIncluded> {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut found = vec![PathBuf::from(if pattern.starts_with('/') { "/" } else { "" })];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        if part.contains(WILDCARDS) {
            // Apache's patterns know no "**".
            let mut text = part.to_owned();
            while text.contains("**") {
                text = text.replace("**", "*");
            }
            let part =
                Pattern::new(&text).map_err(|error| NotIncluded::Unreadable(error.to_string()))?;
            for directory in found {
                for name in present(&directory, names(&directory))?.into_iter().flatten() {
                    if part.matches_with(&name.to_string_lossy(), options) {
                        next.push(directory.join(name));
                        check(next.len())?;
                    }
                }
            }
        } else {
            for path in found.into_iter().map(|path| path.join(part)) {
                next.extend(present(&path, fs::metadata(&path))?.map(|_| path));
            }
        }
        found = next;
    }
    found.sort();
    Ok(found)
}

/// The names in a directory.
fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let here = Path::new(".");
    let directory = if directory == Path::new("") { here } else { directory };
    fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// What was found, unless there is nothing of this name.
fn present<T>(path: &Path, found: io::Result<T>) -> Result<Option<T>, NotIncluded> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> NotIncluded {
    NotIncluded::Unreadable(format!("{}: {error}", path.display()))
}

fn check(files: usize) -> Result<(), NotIncluded> {
    if files > MOST {
        return Err(NotIncluded::Unreadable("it has more than 100,000 files".to_owned()));
    }
    Ok(())
}

/// All files in a directory and below, sorted.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>, NotIncluded> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let at = |error| unreadable(&directory, &error);
        for entry in fs::read_dir(&directory).map_err(at)? {
            let entry = entry.map_err(at)?;
            if entry.file_type().map_err(at)?.is_dir() {
                directories.push(entry.path());
            } else {
                files.push(entry.path());
            }
            check(files.len() + directories.len())?;
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a regular file, for which a device or a pipe could take for ever.
pub fn read_regular(path: &Path) -> Result<Vec<u8>, Error> {
    let at = |error| Error::Read { path: path.to_owned(), error };
    if !fs::metadata(path).map_err(at)?.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    read(path)
}

/// Reads a file of any kind.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let at = |error| Error::Read { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    File::open(path).map_err(at)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(at)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::TooLarge("a file has more than 64 MiB"));
    }
    Ok(bytes)
}

/// The files to begin with in a directory: its main file, or all that end in `.conf`.
pub fn of_directory(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    for main in ["apache2.conf", "httpd.conf", "conf/httpd.conf"] {
        let path = directory.join(main);
        if path.is_file() {
            return Ok(vec![path]);
        }
    }
    let mut files = Vec::new();
    for part in ["", "conf.d", "conf-enabled", "sites-enabled"] {
        let path = directory.join(part);
        let at = |error| Error::Read { path: path.clone(), error };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(at(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(at)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|end| end == "conf") && path.is_file());
        paths.sort();
        files.extend(paths);
    }
    if files.is_empty() { Err(Error::EmptyDirectory(directory.to_owned())) } else { Ok(files) }
}

/// The root that relative names are below, where none is given: the directory of the main file, or
/// what is above it if it is one of the usual places inside of a root.
pub fn root_of(file: &Path) -> PathBuf {
    let directory = file.parent().unwrap_or(Path::new(""));
    let inner = ["conf", "conf.d", "conf-enabled", "conf-available", "mods-enabled"];
    let inner = inner.iter().chain(&["sites-enabled", "sites-available"]);
    match directory.file_name() {
        Some(name) if inner.clone().any(|inner| name == *inner) => {
            directory.parent().unwrap_or(directory).to_owned()
        }
        _ => directory.to_owned(),
    }
}
