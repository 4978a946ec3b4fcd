//! The files that are named on the command line or included.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The largest file that is read.
const LARGEST: u64 = 64 << 20;

/// The most files for one pattern.
const MOST: usize = 100_000;

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
    if !text.contains(['*', '?', '[']) {
        return match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => files_below(&path),
            Ok(_) => Ok(vec![path]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(NotIncluded::Absent(error.to_string()))
            }
            Err(error) => Err(NotIncluded::Unreadable(error.to_string())),
        };
    }
    // Apache's patterns know no "**".
    let mut pattern = text.into_owned();
    while pattern.contains("**") {
        pattern = pattern.replace("**", "*");
    }
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(&pattern, options)
        .map_err(|error| NotIncluded::Unreadable(error.to_string()))?;
    let mut files = Vec::new();
    for path in found.flatten().take(MOST) {
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    if files.is_empty() { Err(NotIncluded::NoMatch) } else { Ok(files) }
}

/// All files in a directory and below, sorted.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>, NotIncluded> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries =
            fs::read_dir(&directory).map_err(|error| NotIncluded::Unreadable(error.to_string()))?;
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => directories.push(entry.path()),
                _ => files.push(entry.path()),
            }
            if files.len() + directories.len() > MOST {
                return Err(NotIncluded::Unreadable("it has too many files".to_owned()));
            }
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
        let Ok(entries) = fs::read_dir(directory.join(part)) else { continue };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
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
