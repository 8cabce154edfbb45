//! A throw-away workspace folder.

use std::fs;
use std::path::Path;

use clasper_workspace::{Error, Role, Workspace};
use tempfile::TempDir;

pub struct Folder(TempDir);

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let place = self.path().join(path);
        fs::create_dir_all(place.parent().expect("a file is in a folder"))
            .expect("folders can be made");
        fs::write(place, text).expect("files can be written");
    }

    pub fn try_load(&self) -> Result<Workspace, Error> {
        Workspace::load(self.path())
    }

    pub fn load(&self) -> Workspace {
        self.try_load().expect("the workspace is well formed")
    }
}

pub fn role(text: &str) -> Role {
    Role::parse(text).expect("a valid role")
}
