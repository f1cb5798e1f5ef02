//! An app read from a folder (`web.folder`), whole and once: what is not read here cannot be asked for.

use super::assets::{INDEX, WebApp};
use actix_web::web::Bytes;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Files in an app.
const FILES_MAX: usize = 4096;
/// Bytes of all of them.
const BYTES_MAX: u64 = 64 << 20;
/// Folders within folders.
const DEPTH_MAX: usize = 8;

/// Why a folder cannot be served. The operator must act.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something in it cannot be read.
    #[error("cannot read {} (web.folder): {source}", path.display())]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not a built app.
    #[error(
        "{} (web.folder) has no {INDEX}: build the app into it, or unset web.folder to serve the one in the binary",
        .0.display()
    )]
    NoIndex(PathBuf),
    /// It holds more than an app would: most likely it is not the folder of a built app.
    #[error(
        "{} (web.folder) holds more than {FILES_MAX} files, {} MiB or {DEPTH_MAX} levels: name the folder of a built \
         app, such as web/app/dist",
        .0.display(), BYTES_MAX >> 20
    )]
    TooMuch(PathBuf),
    /// A name is not UTF-8, so that no URL leads to it.
    #[error("{} (web.folder) has a name that is not UTF-8: rename it", .0.display())]
    Name(PathBuf),
}

impl WebApp {
    /// Reads a folder. Names that begin with a dot are left out; so are compressed files older than their originals.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn from_folder(folder: &Path) -> Result<Self, FolderError> {
        let mut reading = Reading {
            folder,
            files: BTreeMap::new(),
            left_bytes: BYTES_MAX,
        };
        reading.read(folder, "", 0)?;
        let files = reading.without_stale();
        Self::new(files).ok_or_else(|| FolderError::NoIndex(folder.into()))
    }
}

struct Reading<'a> {
    folder: &'a Path,
    files: BTreeMap<String, (Bytes, SystemTime)>,
    left_bytes: u64,
}

impl Reading<'_> {
    fn read(&mut self, at: &Path, prefix: &str, depth: usize) -> Result<(), FolderError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Read { path, source }
        };
        for entry in fs::read_dir(at).map_err(failed(at))? {
            let path = entry.map_err(failed(at))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                return Err(FolderError::Name(path));
            };
            if name.starts_with('.') {
                continue;
            }
            let name = format!("{prefix}{name}");
            // Follows links: what an operator puts there is meant.
            let metadata = fs::metadata(&path).map_err(failed(&path))?;
            if metadata.is_dir() {
                if depth == DEPTH_MAX {
                    return Err(self.too_much());
                }
                self.read(&path, &format!("{name}/"), depth + 1)?;
                continue;
            }
            let left = self.left_bytes.checked_sub(metadata.len());
            self.left_bytes = left.ok_or_else(|| self.too_much())?;
            if self.files.len() == FILES_MAX || !metadata.is_file() {
                return Err(self.too_much());
            }
            let bytes = fs::read(&path).map_err(failed(&path))?;
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            self.files.insert(name, (bytes.into(), modified));
        }
        Ok(())
    }

    fn too_much(&self) -> FolderError {
        FolderError::TooMuch(self.folder.into())
    }

    /// A file edited by hand must not hide behind what was once compressed of it.
    fn without_stale(self) -> BTreeMap<String, Bytes> {
        let files = &self.files;
        let is_fresh = |name: &str, modified: &SystemTime| {
            let original = [".br", ".gz"].iter().find_map(|it| name.strip_suffix(it));
            let original = original.and_then(|original| files.get(original));
            original.is_none_or(|(_, changed)| modified >= changed)
        };
        files
            .iter()
            .filter(|(name, (_, modified))| is_fresh(name, modified))
            .map(|(name, (bytes, _))| (name.clone(), bytes.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("room on disk");
            fs::write(path, text).expect("room on disk");
        }
        folder
    }

    #[test]
    fn a_folder_is_read_whole() {
        let folder = folder(&[
            ("index.html", "<p>"),
            ("assets/a-1.js", "1"),
            (".env", "secret"),
            (".vite/manifest.json", "{}"),
        ]);
        let app = WebApp::from_folder(folder.path()).expect("an app");
        assert_eq!(app.len(), 2);
        assert!(app.file("/assets/a-1.js").is_some());
        for outside in ["/.env", "/../x", "/assets/../index.html", "/assets", "//"] {
            assert!(app.file(outside).is_none(), "{outside}");
        }
    }

    #[test]
    fn a_compressed_file_older_than_its_original_is_left_out() {
        let folder = folder(&[("index.html", "new"), ("index.html.br", "old")]);
        let served = || {
            let app = WebApp::from_folder(folder.path()).expect("an app");
            let file = app.file("/").expect("the index");
            file.form(Some("br")).1.bytes.clone()
        };
        let brotli = fs::File::options()
            .write(true)
            .open(folder.path().join("index.html.br"))
            .expect("it is there");
        let now = SystemTime::now();
        brotli
            .set_modified(now + Duration::from_secs(9))
            .expect("ours");
        assert_eq!(served(), "old", "it stands for the original");
        brotli
            .set_modified(now - Duration::from_secs(9))
            .expect("ours");
        assert_eq!(served(), "new");
    }

    #[test]
    fn what_is_no_app_is_refused_with_advice() {
        let error = |folder: &Path| match WebApp::from_folder(folder) {
            Ok(_) => panic!("{} is no app", folder.display()),
            Err(error) => error.to_string(),
        };
        assert!(error(Path::new("/nonexistent/dist")).contains("cannot read /nonexistent/dist"));
        assert!(error(folder(&[("main.js", "")]).path()).contains("has no index.html: build"));
        let endless = folder(&[("index.html", "")]);
        let link = endless.path().join("again");
        std::os::unix::fs::symlink(endless.path(), link).expect("room on disk");
        assert!(error(endless.path()).contains("8 levels"));
        let large = folder(&[("index.html", "")]);
        let file = fs::File::create(large.path().join("film.webm")).expect("room on disk");
        file.set_len(BYTES_MAX + 1).expect("a sparse file");
        assert!(error(large.path()).contains("64 MiB"));
    }
}
