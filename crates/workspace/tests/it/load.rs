//! What is read, what is left out and what is refused.

use std::path::Path;

use clasper_workspace::{Error, Limits, Options, PromptRequest, Workspace};

use crate::folder::{Folder, role};

#[test]
fn the_version_hash_names_the_contents() {
    let folder = Folder::new(&[("SOUL.md", "soul"), ("b/x.bin", "\u{1}"), ("b.md", "b")]);
    let hash = folder.load().version_hash().to_owned();
    // Computed with another program from the lines of SOUL.md, b.md and b/x.bin, in this order.
    assert_eq!(
        hash,
        "5bfc9806cbdc09c043592a0d56e3ccf52868da955595acf7cc507344a30a5d2c"
    );
    let copy = Folder::new(&[("b.md", "b"), ("SOUL.md", "soul"), ("b/x.bin", "\u{1}")]);
    assert_eq!(copy.load().version_hash(), hash);
    folder.write("b.md", "c");
    assert_ne!(folder.load().version_hash(), hash);
}

#[test]
fn hidden_files_and_packages_are_no_part_of_a_workspace() {
    let folder = Folder::new(&[("SOUL.md", "soul")]);
    let hash = folder.load().version_hash().to_owned();
    folder.write(".git/config", "x");
    folder.write(".boot-complete", "");
    folder.write("node_modules/a/index.js", "x");
    assert_eq!(folder.load().version_hash(), hash);
}

#[test]
fn an_empty_folder_is_a_workspace_and_a_missing_one_is_an_error() {
    let folder = Folder::new(&[("file", "")]);
    let hash = folder.load().version_hash().to_owned();
    assert_eq!(hash.len(), 64);
    for wrong in [folder.path().join("missing"), folder.path().join("file")] {
        assert!(matches!(Workspace::load(&wrong), Err(Error::Root { .. })));
    }
}

#[test]
fn text_that_is_not_utf8_is_an_error_that_names_the_file() {
    let folder = Folder::new(&[]);
    folder.write("logo.png", [0xff, 0xfe]);
    assert!(folder.try_load().is_ok(), "only texts must be UTF-8");
    folder.write("souls/lead.md", [b'a', 0xff]);
    let error = folder.try_load().expect_err("a persona is text");
    assert_eq!(
        error.to_string(),
        "souls/lead.md of the workspace is not UTF-8"
    );
}

#[test]
fn the_bounds_are_enforced() {
    let folder = Folder::new(&[("a", "12345"), ("b/c", "12345")]);
    let load = |max_files, max_total_bytes| {
        let options = Options {
            limits: Limits {
                max_files,
                max_total_bytes,
            },
            ..Options::default()
        };
        Workspace::load_with(folder.path(), &options).map(|_| ())
    };
    assert!(load(3, 10).is_ok());
    assert!(matches!(load(2, 10), Err(Error::TooManyFiles { limit: 2 })));
    assert!(matches!(load(3, 9), Err(Error::TooLarge { limit: 9 })));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = Folder::new(&[("secret.md", "the secret"), ("folder/x.md", "the secret")]);
    let folder = Folder::new(&[
        ("SOUL.md", "soul"),
        ("souls/real.md", "real"),
        ("souls/x", ""),
    ]);
    let link = |target: &Path, name: &str| {
        symlink(target, folder.path().join(name)).expect("links can be made");
    };
    link(&outside.path().join("secret.md"), "souls/lead.md");
    link(
        Path::new("../../../../../../../../etc/hostname"),
        "souls/host.md",
    );
    link(&outside.path().join("folder"), "memory");
    link(Path::new("missing.md"), "USER.md");
    link(Path::new("real.md"), "souls/alias.md");

    let workspace = folder.load();
    assert_eq!(
        workspace.ignored_links(),
        ["USER.md", "memory", "souls/host.md", "souls/lead.md"]
    );
    assert!(!workspace.has_role(&role("lead")) && !workspace.has_role(&role("host")));
    assert!(
        workspace.has_role(&role("alias")),
        "a link within the folder is followed"
    );
    assert_eq!(
        workspace.system_prompt(&PromptRequest::new(&role("lead"))),
        "soul"
    );
}
