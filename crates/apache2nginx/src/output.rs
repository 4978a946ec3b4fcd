//! The files that are written: all of them whole, or none.

use std::fs::{self, Permissions};
use std::io::Write as _;
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
pub fn files(conversion: &Conversion, output: &Path, secrets: &Path, include: &str) -> Vec<File> {
    let has_secrets = !conversion.secrets.is_empty();
    let mut items = header(HEADER);
    if has_secrets {
        items.push(Item::Blank);
        items.push(Item::Comment(
            "The upstream blocks with keys. nginx looks for it next to nginx.conf.".to_owned(),
        ));
        items.push(directive(["include", include]));
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

/// Writes the files under other names, then gives them theirs: if one cannot be written, none is.
pub fn write(files: &[File], force: bool) -> Result<(), Error> {
    if !force && let Some(file) = files.iter().find(|file| file.path.symlink_metadata().is_ok()) {
        return Err(Error::Exists(file.path.clone()));
    }
    if let Some(file) = files.iter().find(|file| file.path.is_dir()) {
        let error = std::io::ErrorKind::IsADirectory.into();
        return Err(Error::Write { path: file.path.clone(), error });
    }
    let temporaries: Vec<_> = files.iter().map(temporary).collect::<Result<_, _>>()?;
    let mut done: Vec<&Path> = Vec::new();
    for (file, temporary) in files.iter().zip(temporaries).rev() {
        // The keys first, since the other file includes them.
        let named = if force {
            temporary.persist(&file.path)
        } else {
            temporary.persist_noclobber(&file.path)
        };
        if let Err(error) = named {
            if !force {
                // They were not there before.
                done.iter().for_each(|path| drop(fs::remove_file(path)));
            }
            let exists = error.error.kind() == std::io::ErrorKind::AlreadyExists;
            let path = file.path.clone();
            return Err(match exists {
                true => Error::Exists(path),
                false => Error::Write { path, error: error.error },
            });
        }
        done.push(&file.path);
    }
    Ok(())
}

/// A complete file with another name in the same directory.
fn temporary(file: &File) -> Result<NamedTempFile, Error> {
    let directory = match file.path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    let write = || {
        let mut temporary = tempfile::Builder::new()
            .prefix(".apache2nginx-")
            .permissions(Permissions::from_mode(file.mode))
            .tempfile_in(directory)?;
        temporary.write_all(file.text.as_bytes())?;
        temporary.as_file().sync_all()?;
        Ok(temporary)
    };
    write().map_err(|error| Error::Write { path: file.path.clone(), error })
}

/// The files that are not what would be written.
pub fn differing(files: &[File]) -> Vec<&File> {
    let same = |file: &&File| fs::read(&file.path).is_ok_and(|bytes| bytes == file.text.as_bytes());
    files.iter().filter(|file| !same(file)).collect()
}
