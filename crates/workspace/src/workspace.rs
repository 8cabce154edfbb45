//! A loaded workspace: an immutable snapshot of a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::document::Document;
use crate::prompt::{Memory, Parts, PromptRequest, Prompts, assemble};
use crate::scan::{Entry, Fingerprint, Limits, Listing, list, read};
use crate::session::Role;
use crate::skill::{Host, Skill, Source, read as read_skill};
use crate::tool::SkillTools;

/// Daily logs kept in memory; prompts use two, the rest is slack for time zones and late clocks.
const KEPT_DAYS: usize = 32;

/// How a workspace is loaded.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What skills may ask of the machine.
    pub host: Host,
    /// How much the folder may hold.
    pub limits: Limits,
}

/// A snapshot of a workspace folder; clones share it.
#[derive(Debug, Clone)]
pub struct Workspace {
    snapshot: Arc<Snapshot>,
}

#[derive(Debug)]
struct Snapshot {
    root: PathBuf,
    limits: Limits,
    fingerprint: Fingerprint,
    version_hash: String,
    ignored_links: Vec<String>,
    documents: BTreeMap<String, Document>,
    souls: BTreeMap<Role, Document>,
    skills: Vec<Skill>,
    skill_tools: SkillTools,
    memory: Memory,
    prompts: Prompts,
}

/// Files at the root that a workspace is made of.
const ROOT_DOCUMENTS: [&str; 8] = [
    "AGENTS.md",
    "BOOT.md",
    "HEARTBEAT.md",
    "IDENTITY.md",
    "MEMORY.md",
    "SOUL.md",
    "TOOLS.md",
    "USER.md",
];

impl Workspace {
    /// Loads the folder `root` with the default options. It reads files and must not run on an async worker.
    ///
    /// # Errors
    /// [`Error`] when the folder is missing, too large, not UTF-8 where text is needed, or a skill is malformed.
    pub fn load(root: &Path) -> Result<Self, Error> {
        Self::load_with(root, &Options::default())
    }

    /// Loads the folder `root`.
    ///
    /// # Errors
    /// As [`Workspace::load`].
    pub fn load_with(root: &Path, options: &Options) -> Result<Self, Error> {
        // Listed before reading: a file that changes in between makes the snapshot stale, never silently wrong.
        let listing = list(root, options.limits)?;
        let mut hasher = Sha256::new();
        let mut texts = BTreeMap::new();
        let mut budget = options.limits.max_total_bytes;
        for (i, entry) in listing.entries.iter().enumerate() {
            let bytes = read(entry, options.limits, &mut budget)?;
            let line = format!(
                "{}{}:{}",
                if i == 0 { "" } else { "\n" },
                entry.path,
                hex::encode(Sha256::digest(&bytes))
            );
            hasher.update(line);
            if is_text(&entry.path) {
                texts.insert(entry.path.clone(), text(entry, bytes)?);
            }
        }
        let snapshot = Snapshot::new(
            root,
            options,
            listing,
            &texts,
            hex::encode(hasher.finalize()),
        )?;
        Ok(Self {
            snapshot: Arc::new(snapshot),
        })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.snapshot.root
    }

    /// The SHA-256, in 64 hexadecimal digits, of the lines `path:sha256` of all files sorted by the bytes of their paths and
    /// joined by newlines, without names that begin with a full stop or are `node_modules`. (The reference
    /// implementation shows the first 16 digits of the same construction.)
    #[must_use]
    pub fn version_hash(&self) -> &str {
        &self.snapshot.version_hash
    }

    /// Tells states of the folder apart without reading it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.snapshot.fingerprint
    }

    /// Whether the folder still looks as it did when it was loaded. It lists the folder and reads no file.
    #[must_use]
    pub fn is_current(&self) -> bool {
        list(&self.snapshot.root, self.snapshot.limits)
            .is_ok_and(|listing| listing.fingerprint == self.snapshot.fingerprint)
    }

    /// Links that were not followed: they leave the folder, lead nowhere or to a folder.
    #[must_use]
    pub fn ignored_links(&self) -> &[String] {
        &self.snapshot.ignored_links
    }

    /// A file at the root by its name, such as `HEARTBEAT.md`.
    #[must_use]
    pub fn document(&self, name: &str) -> Option<&Document> {
        self.snapshot.documents.get(name)
    }

    /// Whether `role` has a persona of its own; others get `SOUL.md`.
    #[must_use]
    pub fn has_role(&self, role: &Role) -> bool {
        self.snapshot.souls.contains_key(role)
    }

    /// The roles that have a persona, in order.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.snapshot.souls.keys()
    }

    /// All skills, enabled or not, in the order of their folders.
    #[must_use]
    pub fn skills(&self) -> &[Skill] {
        &self.snapshot.skills
    }

    /// Which tools the skills permit.
    #[must_use]
    pub fn skill_tools(&self) -> &SkillTools {
        &self.snapshot.skill_tools
    }

    /// The system prompt.
    #[must_use]
    pub fn system_prompt(&self, request: &PromptRequest<'_>) -> String {
        assemble(&self.snapshot.prompts, &self.snapshot.memory, request)
    }
}

impl Snapshot {
    fn new(
        root: &Path,
        options: &Options,
        listing: Listing,
        texts: &BTreeMap<String, String>,
        version_hash: String,
    ) -> Result<Self, Error> {
        let documents: BTreeMap<String, Document> = ROOT_DOCUMENTS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), Document::new(texts.get(*name)?)?)))
            .collect();
        let souls = named(texts, "souls/", |stem| Role::parse(stem).ok());
        let skills = skills(texts, &options.host)?;
        let memory = memory(texts, &documents);
        let prompts = Prompts::new(&Parts {
            soul: documents.get("SOUL.md"),
            souls: &souls,
            agents: documents.get("AGENTS.md"),
            identity: documents.get("IDENTITY.md"),
            tools: documents.get("TOOLS.md"),
            heartbeat: documents.get("HEARTBEAT.md"),
            user: documents.get("USER.md"),
            skills: &skills,
        });
        Ok(Self {
            root: root.to_owned(),
            limits: options.limits,
            fingerprint: listing.fingerprint,
            version_hash,
            ignored_links: listing.ignored_links,
            documents,
            souls,
            skill_tools: skill_tools(&skills),
            skills,
            memory,
            prompts,
        })
    }
}

/// Whether the file's text is used, and so must be UTF-8.
fn is_text(path: &str) -> bool {
    ROOT_DOCUMENTS.contains(&path)
        || stem(path, "souls/").is_some()
        || stem(path, "memory/").is_some_and(|stem| day(stem).is_some())
        || skill_file(path).is_some()
}

fn text(entry: &Entry, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| Error::NotUtf8 {
        path: entry.path.clone(),
    })
}

/// The name of a markdown file directly in `folder`, without its ending.
fn stem<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder)?
        .strip_suffix(".md")
        .filter(|stem| !stem.contains('/'))
}

/// The documents of a folder by what their names mean; others are left out.
fn named<K: Ord>(
    texts: &BTreeMap<String, String>,
    folder: &str,
    key: impl Fn(&str) -> Option<K>,
) -> BTreeMap<K, Document> {
    texts
        .iter()
        .filter_map(|(path, text)| Some((key(stem(path, folder)?)?, Document::new(text)?)))
        .collect()
}

fn day(stem: &str) -> Option<NaiveDate> {
    // The length keeps out forms without leading zeros, which chrono reads as well.
    (stem.len() == 10)
        .then(|| NaiveDate::parse_from_str(stem, "%Y-%m-%d").ok())
        .flatten()
}

fn memory(texts: &BTreeMap<String, String>, documents: &BTreeMap<String, Document>) -> Memory {
    let mut days = named(texts, "memory/", day);
    while days.len() > KEPT_DAYS {
        days.pop_first();
    }
    Memory {
        long_term: documents.get("MEMORY.md").cloned(),
        days,
    }
}

/// The folder and file name of a skill's file: `skills/<folder>/SKILL.md`, `skill.yaml` or `skill.yml`.
fn skill_file(path: &str) -> Option<(&str, &str)> {
    let (folder, name) = path.strip_prefix("skills/")?.split_once('/')?;
    matches!(name, "SKILL.md" | "skill.yaml" | "skill.yml").then_some((folder, name))
}

fn skills(texts: &BTreeMap<String, String>, host: &Host) -> Result<Vec<Skill>, Error> {
    let mut sources: BTreeMap<&str, Source<'_>> = BTreeMap::new();
    for (path, text) in texts {
        let Some((folder, name)) = skill_file(path) else {
            continue;
        };
        let source = sources.entry(folder).or_insert_with(|| Source {
            folder,
            ..Source::default()
        });
        let file = Some((path.as_str(), text.as_str()));
        if name == "SKILL.md" {
            source.markdown = file;
        } else {
            // Of two manifests the one called skill.yaml counts; it sorts before skill.yml.
            source.manifest = source.manifest.or(file);
        }
    }
    sources
        .values()
        .map(|source| read_skill(source, host))
        .collect()
}

fn skill_tools(skills: &[Skill]) -> SkillTools {
    if skills.is_empty() {
        return SkillTools::Unrestricted;
    }
    let mut patterns: Vec<_> = skills
        .iter()
        .filter(|skill| skill.is_enabled())
        .flat_map(|skill| skill.tools.iter().cloned())
        .collect();
    patterns.sort();
    patterns.dedup();
    SkillTools::Only(patterns)
}
