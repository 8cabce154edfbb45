//! The backend's addresses, worked out once.

use reqwest::Url;

use crate::config::ConfigError;

const PAGE_SIZE: &str = "50";
const MAX_TOOL_NAME_BYTES: usize = 256;

/// Every address that is called.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub tasks: Url,
    pub messages: Url,
    pub documents: Url,
    pub tools: Url,
    pub capabilities: Url,
    /// Where backends older than the contract announce themselves.
    pub older_capabilities: Url,
    pub health: Url,
}

impl Addresses {
    pub fn under(base: &str) -> Result<Self, ConfigError> {
        let base = Url::parse(base).map_err(|_| ConfigError::Address)?;
        let plain = matches!(base.scheme(), "http" | "https")
            && base.has_host()
            && base.username().is_empty()
            && base.password().is_none()
            && base.query().is_none()
            && base.fragment().is_none();
        if !plain {
            return Err(ConfigError::Address);
        }
        let prefix = base.path().trim_end_matches('/');
        let at = |path: &str| {
            let mut url = base.clone();
            url.set_path(&format!("{prefix}{path}"));
            url
        };
        Ok(Self {
            tasks: at("/api/mission-control/tasks"),
            messages: at("/api/mission-control/messages"),
            documents: at("/api/mission-control/documents"),
            tools: at("/api/tools"),
            capabilities: at("/api/mission-control/capabilities"),
            older_capabilities: at("/api/capabilities"),
            health: at("/health"),
        })
    }

    /// A page of the list of tasks.
    pub fn task_page(&self, cursor: Option<&str>) -> Url {
        let mut url = self.tasks.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("limit", PAGE_SIZE);
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        drop(query);
        url
    }

    /// Where a tool is called; nothing when its name could lead elsewhere than to a tool.
    pub fn tool(&self, name: &str) -> Option<Url> {
        // A segment of dots alone climbs the path, and URLs silently lose tabs and line ends: both would call another
        // address than the name that was permitted.
        let misleading = name.len() > MAX_TOOL_NAME_BYTES
            || name.chars().all(|c| c == '.')
            || name.chars().any(char::is_control);
        if misleading {
            return None;
        }
        let mut url = self.tools.clone();
        url.path_segments_mut().ok()?.push(name);
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_under_the_base_with_or_without_a_path() {
        for (base, expected) in [
            ("http://h:1", "http://h:1/health"),
            ("http://h:1/", "http://h:1/health"),
            ("https://h/a/b/", "https://h/a/b/health"),
            ("https://h/a%20b", "https://h/a%20b/health"),
        ] {
            let addresses = Addresses::under(base).expect("a plain address");
            assert_eq!(addresses.health.as_str(), expected);
        }
    }

    #[test]
    fn addresses_that_are_not_plain_are_refused() {
        for base in [
            "",
            "backend",
            "ftp://h",
            "http://",
            "file:///etc",
            "http://u:p@h",
            "http://u@h",
            "http://h?x=1",
            "http://h#x",
        ] {
            assert_eq!(
                Addresses::under(base).err(),
                Some(ConfigError::Address),
                "{base}"
            );
        }
    }

    #[test]
    fn a_cursor_is_encoded() {
        let addresses = Addresses::under("http://h").expect("a plain address");
        assert_eq!(
            addresses.task_page(Some("a&limit=1 b")).as_str(),
            "http://h/api/mission-control/tasks?limit=50&cursor=a%26limit%3D1+b"
        );
    }

    #[test]
    fn a_tools_name_stays_one_segment() {
        let addresses = Addresses::under("http://h/p").expect("a plain address");
        for (name, segment) in [
            ("echo", "echo"),
            ("a.b", "a.b"),
            ("ns:tool", "ns:tool"),
            ("../admin", "..%2Fadmin"),
            ("%2e%2e", "%252e%252e"),
            ("a?b#c", "a%3Fb%23c"),
            ("a\\b", "a%5Cb"),
            ("größe", "gr%C3%B6%C3%9Fe"),
        ] {
            let url = addresses.tool(name).expect("a callable name");
            assert_eq!(
                url.as_str(),
                format!("http://h/p/api/tools/{segment}"),
                "{name}"
            );
        }
        for name in ["", ".", "..", "...", "a\tb", "a\nb", "\u{0}"] {
            assert_eq!(addresses.tool(name), None, "{name:?}");
        }
        assert_eq!(addresses.tool(&"x".repeat(257)), None);
    }
}
