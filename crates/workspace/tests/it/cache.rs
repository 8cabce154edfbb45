//! The cache notices changes, and only looks once a second.

use std::fs;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use clasper_workspace::{Options, PromptRequest, Workspace, WorkspaceCache};

use crate::folder::{Folder, role};

fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
}

fn cache(folder: &Folder) -> WorkspaceCache {
    WorkspaceCache::new(folder.path().to_owned(), Options::default())
}

fn prompt(workspace: &Workspace) -> String {
    workspace.system_prompt(&PromptRequest::new(&role("lead")))
}

#[test]
fn changes_are_seen_after_a_second_and_not_before() {
    let folder = Folder::new(&[("SOUL.md", "one")]);
    let cache = cache(&folder);
    let first = cache.current(at(0)).expect("it loads");
    folder.write("SOUL.md", "number two");
    assert!(!first.is_current());
    assert_eq!(prompt(&cache.current(at(999)).expect("it is known")), "one");
    assert_eq!(
        prompt(&cache.current(at(1_000)).expect("it loads again")),
        "number two"
    );
    assert_eq!(prompt(&first), "one", "a snapshot does not change");
}

#[test]
fn an_unchanged_folder_is_not_loaded_again() {
    let folder = Folder::new(&[("SOUL.md", "one")]);
    let cache = cache(&folder);
    let first = cache.current(at(0)).expect("it loads");
    let later = cache.current(at(60_000)).expect("it is known");
    assert!(Arc::ptr_eq(&first, &later));
    assert!(first.is_current());
}

#[test]
fn added_and_removed_files_are_changes() {
    let folder = Folder::new(&[("SOUL.md", "one")]);
    let before = folder.load();
    folder.write("souls/lead.md", "lead");
    assert!(!before.is_current());
    let between = folder.load();
    assert_ne!(between.fingerprint(), before.fingerprint());
    fs::remove_file(folder.path().join("souls/lead.md")).expect("the file is there");
    assert!(!between.is_current());
    assert_eq!(folder.load().version_hash(), before.version_hash());
}

#[test]
fn fresh_knows_nothing_before_the_first_load_or_after_a_second() {
    let folder = Folder::new(&[("SOUL.md", "one")]);
    let cache = cache(&folder);
    assert!(cache.fresh(at(0)).is_none());
    cache.current(at(5_000)).expect("it loads");
    assert!(cache.fresh(at(5_999)).is_some());
    assert!(cache.fresh(at(6_000)).is_none());
    assert!(
        cache.fresh(at(4_999)).is_none(),
        "a clock set back makes nothing fresh"
    );
}

#[test]
fn a_folder_that_breaks_is_an_error_until_it_is_mended() {
    let folder = Folder::new(&[("SOUL.md", "one")]);
    let cache = cache(&folder);
    cache.current(at(0)).expect("it loads");
    folder.write("SOUL.md", [0xff, 0xfe, 0xfd, 0xfc]);
    assert!(cache.current(at(1_000)).is_err());
    folder.write("SOUL.md", "mended");
    assert_eq!(
        prompt(&cache.current(at(1_001)).expect("it loads again")),
        "mended"
    );
}
