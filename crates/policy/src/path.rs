//! Lexical paths: no file system is asked, because the files are on the adapter's machine.

/// The absolute, normalised form of `path` (`.`, `..` and repeated slashes resolved), or `None` when it cannot be known:
/// an empty path, a relative one without an absolute `base`, one that a shell or another system would read differently
/// (`~`, `$`, backslashes in a relative path), or one with a NUL.
pub(crate) fn normalise(path: &str, base: Option<&str>) -> Option<String> {
    if path.is_empty() || path.contains('\0') {
        return None;
    }
    if path.starts_with('/') {
        return Some(resolve(path));
    }
    if path.starts_with(['~', '$']) || path.contains('\\') {
        return None;
    }
    let base = base.filter(|base| base.starts_with('/') && !base.contains('\0'))?;
    Some(resolve(&format!("{base}/{path}")))
}

fn resolve(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    format!("/{}", segments.join("/"))
}

/// Whether the normalised `path` is the normalised `root` or lies under it.
pub(crate) fn is_under(path: &str, root: &str) -> bool {
    root == "/"
        || path
            .strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The normalised path and every directory above it.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let current = rest?;
        rest = match current.rfind('/') {
            _ if current == "/" => None,
            Some(0) => Some("/"),
            Some(at) => Some(&current[..at]),
            None => None,
        };
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_resolved_without_a_file_system() {
        let check = |path, base, expected: Option<&str>| {
            assert_eq!(normalise(path, base).as_deref(), expected, "{path:?}");
        };
        check("/work/../etc/./passwd", None, Some("/etc/passwd"));
        check("//work///a/", None, Some("/work/a"));
        check("/../..", None, Some("/"));
        check("src/../../x", Some("/work/repo"), Some("/work/x"));
        check("src", None, None);
        check("src", Some("relative"), None);
        check("~/x", Some("/work"), None);
        check("$HOME/x", Some("/work"), None);
        check(r"C:\x", Some("/work"), None);
        check("/a\0b", None, None);
        check("", Some("/work"), None);
    }

    #[test]
    fn a_sibling_with_the_same_beginning_is_not_under_the_root() {
        assert!(is_under("/work", "/work"));
        assert!(is_under("/work/a", "/work"));
        assert!(!is_under("/workshop", "/work"));
        assert!(is_under("/anything", "/"));
    }

    proptest! {
        #[test]
        fn a_path_is_under_exactly_its_ancestors(path in "(/[ab]{1,2}){0,4}", root in "(/[ab]{1,2}){0,4}") {
            let path = normalise(&format!("/{path}"), None).expect("absolute");
            let root = normalise(&format!("/{root}"), None).expect("absolute");
            prop_assert_eq!(is_under(&path, &root), ancestors(&path).any(|a| a == root));
        }
    }
}
