//! Skills of a workspace: instructions with the conditions under which they apply and the tools they permit.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::Error;
use crate::document::Document;
use crate::tool::ToolPattern;

/// What skills may ask of the machine. It is passed in, because only the binary reads the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    os: String,
    env: BTreeSet<String>,
}

impl Host {
    /// A host by its operating system (`linux`, `darwin`, `win32`, or Rust's names) and the environment variables that are set.
    pub fn new(os: &str, env: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            os: platform(os).to_owned(),
            env: env.into_iter().map(Into::into).collect(),
        }
    }
}

impl Default for Host {
    /// This operating system with no environment variables.
    fn default() -> Self {
        Self::new(std::env::consts::OS, std::iter::empty::<String>())
    }
}

/// One name per operating system: skills use those of Node.
fn platform(name: &str) -> &str {
    match name {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

/// Why a skill is switched off here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gate {
    /// It is for other operating systems.
    Os {
        /// Those it is for.
        required: Vec<String>,
    },
    /// An environment variable is not set.
    Env {
        /// Its name.
        missing: String,
    },
}

/// A skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// Its name; the folder's if it gives none.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What the model is told, if anything.
    pub instructions: Option<Document>,
    /// Why it is switched off, if it is.
    pub gate: Option<Gate>,
    /// The tools it permits.
    pub tools: Vec<ToolPattern>,
}

impl Skill {
    /// Whether it applies on this host.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.gate.is_none()
    }
}

/// A skill's files: `SKILL.md` and `skill.yaml`, each with its path.
#[derive(Debug, Default)]
pub(crate) struct Source<'a> {
    pub folder: &'a str,
    pub markdown: Option<(&'a str, &'a str)>,
    pub manifest: Option<(&'a str, &'a str)>,
}

/// Front matter and manifest share their members; foreign ones are left to other programs that read the same files.
#[derive(Debug, Default, Deserialize)]
struct Header {
    name: Option<String>,
    description: Option<String>,
    instructions: Option<String>,
    metadata: Option<Metadata>,
    gates: Option<Requirements>,
    permissions: Option<Permissions>,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    openclaw: Option<OpenClaw>,
}

#[derive(Debug, Default, Deserialize)]
struct OpenClaw {
    #[serde(default)]
    always: bool,
    #[serde(default)]
    os: Vec<String>,
    requires: Option<Requires>,
}

#[derive(Debug, Default, Deserialize)]
struct Requires {
    #[serde(default)]
    env: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Requirements {
    #[serde(default)]
    always: bool,
    #[serde(default)]
    os: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
}

/// Strict: a misspelt member here would silently permit or refuse tools.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Permissions {
    #[serde(default)]
    tools: Vec<String>,
    #[serde(rename = "maxTokens")]
    _max_tokens: Option<u64>,
    #[serde(rename = "allowedModels")]
    _allowed_models: Option<Vec<String>>,
}

/// Reads a skill. Permissions of the front matter go before those of the manifest.
pub(crate) fn read(source: &Source<'_>, host: &Host) -> Result<Skill, Error> {
    let (front, body) = match source.markdown {
        Some((path, text)) => front_matter(path, text)?,
        None => (Header::default(), ""),
    };
    let manifest = match source.manifest {
        Some((path, text)) => header(path, text)?,
        None => Header::default(),
    };
    let (permissions, path) = match (front.permissions, manifest.permissions) {
        (Some(own), _) => (own, source.markdown),
        (None, other) => (other.unwrap_or_default(), source.manifest),
    };
    let requirements = front
        .metadata
        .or(manifest.metadata)
        .and_then(|metadata| metadata.openclaw)
        .map(Requirements::from);
    let path = path.map_or(source.folder, |(path, _)| path);
    let pattern = |tool: &String| {
        ToolPattern::parse(tool).ok_or_else(|| Error::ToolPattern {
            path: path.to_owned(),
        })
    };
    Ok(Skill {
        name: front
            .name
            .or(manifest.name)
            .unwrap_or_else(|| source.folder.to_owned()),
        description: front
            .description
            .or(manifest.description)
            .unwrap_or_default(),
        instructions: Document::new(body)
            .or_else(|| Document::new(manifest.instructions.as_deref().unwrap_or_default())),
        gate: [requirements, front.gates, manifest.gates]
            .iter()
            .flatten()
            .find_map(|r| r.gate(host)),
        tools: permissions
            .tools
            .iter()
            .map(pattern)
            .collect::<Result<_, _>>()?,
    })
}

impl From<OpenClaw> for Requirements {
    fn from(metadata: OpenClaw) -> Self {
        Self {
            always: metadata.always,
            os: metadata.os,
            env: metadata.requires.unwrap_or_default().env,
        }
    }
}

impl Requirements {
    fn gate(&self, host: &Host) -> Option<Gate> {
        if self.always {
            return None;
        }
        if !self.os.is_empty() && !self.os.iter().any(|os| platform(os) == host.os) {
            return Some(Gate::Os {
                required: self.os.clone(),
            });
        }
        let missing = self.env.iter().find(|name| !host.env.contains(*name))?;
        Some(Gate::Env {
            missing: missing.clone(),
        })
    }
}

fn header(path: &str, yaml: &str) -> Result<Header, Error> {
    let header: Option<Header> = serde_norway::from_str(yaml).map_err(|source| Error::Skill {
        path: path.to_owned(),
        source,
    })?;
    Ok(header.unwrap_or_default())
}

/// Splits the lines between two `---` lines from what follows; without them the whole text is instructions.
fn front_matter<'t>(path: &str, text: &'t str) -> Result<(Header, &'t str), Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return Ok((Header::default(), text));
    };
    let mut at = first.len();
    for line in lines {
        if line.trim_end() == "---" {
            return Ok((
                header(path, &text[first.len()..at])?,
                &text[at + line.len()..],
            ));
        }
        at += line.len();
    }
    Err(Error::FrontMatter {
        path: path.to_owned(),
    })
}
