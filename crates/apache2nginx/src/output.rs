//! The files that are written: all of them whole, or none.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::convert::Conversion;
use crate::error::Error;
use crate::nginx::{Item, directive, render};

/// What comes first in the main file.
const HEADER: &str = "\
Made by apache2nginx. To be included in the http block of nginx.conf, with the module loaded:
    load_module modules/ngx_http_s3_auth_module.so;

Apache signs the requests of all methods, nginx those of GET and HEAD; it answers others with 405.
Where clients write to the bucket, this restores what Apache did:
    s3_methods any;";

/// What comes first in the file with the keys.
const SECRETS_HEADER: &str = "Made by apache2nginx. These upstream blocks have keys in them.";

/// A file and its text.
pub struct File {
    pub path: PathBuf,
    pub text: String,
    mode: u32,
}

/// The two files: the main one, which includes the other, and the one with the keys. The latter
/// is missing if there are no keys.
pub fn files(conversion: &Conversion, output: &Path, secrets: &Path) -> Vec<File> {
    let has_secrets = !conversion.secrets.is_empty();
    let mut items = header(HEADER);
    if has_secrets {
        items.push(Item::Blank);
        let include = secrets.to_string_lossy();
        let place =
            if secrets.is_absolute() { "" } else { " nginx looks for it next to nginx.conf." };
        items.push(Item::Comment(format!("The upstream blocks with keys.{place}")));
        items.push(directive(["include", &include]));
    }
    let main = text(&[&items, &conversion.main]);
    let mut files = vec![File { path: output.to_owned(), text: main, mode: 0o644 }];
    if has_secrets {
        let text = text(&[&header(SECRETS_HEADER), &conversion.secrets]);
        files.push(File { path: secrets.to_owned(), text, mode: 0o600 });
    }
    files
}

/// Everything in one text.
pub fn whole(conversion: &Conversion) -> String {
    text(&[&header(HEADER), &conversion.secrets, &conversion.main])
}

fn header(text: &str) -> Vec<Item> {
    text.lines().map(|line| Item::Comment(line.to_owned())).collect()
}

/// The parts as text, with empty lines between them.
fn text(parts: &[&[Item]]) -> String {
    let texts: Vec<_> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| render(part)).collect();
    texts.join("\n")
}

/// Writes the files, all or none. They are written whole under other names, and then get theirs,
/// the keys first, since the other file includes them. If that fails for one of them, those that
/// were there before are put back. Only a crash of the machine between two renames leaves one new
/// file and one old one; each is whole.
pub fn write(files: &[File], force: bool) -> Result<(), Error> {
    if !force && let Some(file) = files.iter().find(|file| file.path.symlink_metadata().is_ok()) {
        return Err(Error::Exists(file.path.clone()));
    }
    if let Some(file) = files.iter().find(|file| file.path.is_dir()) {
        let error = io::ErrorKind::IsADirectory.into();
        return Err(Error::Write { path: file.path.clone(), error });
    }
    let at = |file: &File, error| Error::Write { path: file.path.clone(), error };
    let mut ready = Vec::new();
    for file in files {
        let new = temporary(&file.path, file.text.as_bytes(), Permissions::from_mode(file.mode));
        let old = previous(&file.path);
        ready.push((file, new.map_err(|e| at(file, e))?, old.map_err(|e| at(file, e))?));
    }
    let mut done = Vec::new();
    for (file, new, old) in ready.into_iter().rev() {
        let named = if force { new.persist(&file.path) } else { new.persist_noclobber(&file.path) };
        if let Err(failed) = named {
            for (path, old) in done {
                put_back(path, old);
            }
            return Err(match failed.error.kind() {
                io::ErrorKind::AlreadyExists => Error::Exists(file.path.clone()),
                _ => at(file, failed.error),
            });
        }
        done.push((&file.path, old));
    }
    for file in files {
        // The names are kept by their directory.
        fs::File::open(directory(&file.path))
            .and_then(|directory| directory.sync_all())
            .map_err(|error| at(file, error))?;
    }
    Ok(())
}

/// Undoes the naming of a file. An error of it comes after another one, which is the one to tell.
fn put_back(path: &Path, old: Option<NamedTempFile>) {
    match old {
        Some(old) => drop(old.persist(path)),
        None => drop(fs::remove_file(path)),
    }
}

/// A copy of the file that has the name now.
fn previous(path: &Path) -> io::Result<Option<NamedTempFile>> {
    match fs::read(path) {
        Ok(bytes) => temporary(path, &bytes, fs::metadata(path)?.permissions()).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // No file has a name that is not allowed.
        Err(error) if error.kind() == io::ErrorKind::InvalidFilename => Ok(None),
        Err(error) => Err(error),
    }
}

/// A complete file with another name in the same directory.
fn temporary(path: &Path, bytes: &[u8], permissions: Permissions) -> io::Result<NamedTempFile> {
    let mut temporary = tempfile::Builder::new()
        .prefix(".apache2nginx-")
        .permissions(permissions)
        .tempfile_in(directory(path))?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|directory| *directory != Path::new("")).unwrap_or(Path::new("."))
}

/// Whether two paths, of files that need not exist, are the same.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| fs::canonicalize(directory(path)).unwrap_or(directory(path).into());
    one.file_name() == other.file_name() && whole(one) == whole(other)
}

/// Whether nginx, as it is usually laid out, reads all files of the directory in which a file is.
pub fn is_read_anyway(path: &Path) -> bool {
    let whole = fs::canonicalize(directory(path)).unwrap_or(directory(path).into());
    let directory = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match directory {
        "conf.d" | "http.d" => path.extension().is_some_and(|end| end == "conf"),
        "sites-enabled" => true,
        _ => false,
    }
}

/// What is wrong with a file, if it is not as it would be written.
pub fn difference(file: &File) -> Option<&'static str> {
    if !fs::read(&file.path).is_ok_and(|bytes| bytes == file.text.as_bytes()) {
        return Some("is not up to date");
    }
    let mode = fs::metadata(&file.path).map_or(0, |meta| meta.permissions().mode());
    (mode & 0o777 & !file.mode != 0).then_some("can be read or written by others")
}
