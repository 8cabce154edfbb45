//! What can go wrong while a workspace is loaded.

use clasper_core::{Classify, ErrorKind};

/// Why a workspace cannot be loaded. Messages name files by their path in the workspace and never quote their contents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder does not exist or is not a folder.
    #[error("the workspace {path} is not a readable folder")]
    Root {
        /// The folder as it was named.
        path: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder in it cannot be read.
    #[error("cannot read {path} of the workspace")]
    Read {
        /// The path within the workspace.
        path: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A text file is not UTF-8, or a file's name is not.
    #[error("{path} of the workspace is not UTF-8")]
    NotUtf8 {
        /// The path within the workspace.
        path: String,
    },
    /// There are more files and folders than the limit.
    #[error("the workspace has more than {limit} files and folders")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// All files together are larger than the limit.
    #[error("the workspace is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// A skill's front matter or manifest is not what it must be.
    #[error("{path} is not a valid skill description")]
    Skill {
        /// The path within the workspace.
        path: String,
        /// What is wrong with it.
        #[source]
        source: serde_norway::Error,
    },
    /// A skill's front matter has no closing line.
    #[error("the front matter of {path} is not closed")]
    FrontMatter {
        /// The path within the workspace.
        path: String,
    },
    /// A skill permits tools by a pattern that does not exist.
    #[error("{path} permits tools by a pattern that is not `*`, a name or `namespace:*`")]
    ToolPattern {
        /// The path within the workspace.
        path: String,
    },
    /// There is no such time zone.
    #[error("the time zone is not a name of the IANA database such as Europe/Berlin")]
    TimeZone,
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TimeZone => ErrorKind::InvalidInput,
            _ => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Root { .. } => "workspace_missing",
            Self::Read { .. } => "workspace_unreadable",
            Self::NotUtf8 { .. } => "workspace_not_utf8",
            Self::TooManyFiles { .. } => "workspace_too_many_files",
            Self::TooLarge { .. } => "workspace_too_large",
            Self::Skill { .. } | Self::FrontMatter { .. } => "workspace_skill_invalid",
            Self::ToolPattern { .. } => "workspace_tool_pattern_invalid",
            Self::TimeZone => "time_zone_unknown",
        }
    }
}
