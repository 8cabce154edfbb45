//! Where Postgres keeps its programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::environment;

/// Where Debian and its relatives install every version, outside `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`.
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs in `PATH`, or else the newest version in Debian's place.
    pub fn find() -> Option<Self> {
        let in_path = environment::in_path("initdb")
            .into_iter()
            .filter_map(|file| file.parent().map(Path::to_owned));
        in_path
            .chain(newest_first(Path::new(DEBIAN)))
            .find(|folder| is_complete(folder))
            .map(|folder| Self { folder })
    }

    /// The program of this name.
    pub fn get(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|name| folder.join(name).is_file())
}

/// The `bin` folders of all versions below a folder named by major version.
fn newest_first(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            Some((
                version(entry.file_name().to_str()?)?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn version(name: &str) -> Option<Vec<u32>> {
    name.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::postgres::programs::{is_complete, newest_first};

    #[test]
    fn the_newest_version_comes_first_by_number_and_not_by_letter() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        for name in ["9.6", "16", "15", "common"] {
            fs::create_dir_all(parent.path().join(name).join("bin")).expect("a folder");
        }
        let found = newest_first(parent.path());
        let expected: Vec<_> = ["16", "15", "9.6"]
            .iter()
            .map(|name| parent.path().join(name).join("bin"))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_folder_without_the_server_is_not_complete() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("initdb"), "").expect("a file");
        assert!(!is_complete(folder.path()));
        fs::write(folder.path().join("postgres"), "").expect("a file");
        assert!(is_complete(folder.path()));
    }
}
