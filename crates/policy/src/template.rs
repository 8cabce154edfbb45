//! Text in conditions that may name server-side values: `{{workspace.root}}/src`.

use std::borrow::Cow;
use std::fmt;

use crate::context::PolicyContext;

/// A value that only the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Variable {
    WorkspaceRoot,
    TenantId,
    WorkspaceId,
}

impl Variable {
    const ALL: [Self; 3] = [Self::WorkspaceRoot, Self::TenantId, Self::WorkspaceId];

    const fn name(self) -> &'static str {
        match self {
            Self::WorkspaceRoot => "workspace.root",
            Self::TenantId => "tenant.id",
            Self::WorkspaceId => "workspace.id",
        }
    }

    fn value(self, context: &PolicyContext) -> Option<&str> {
        let server = &context.server;
        match self {
            Self::WorkspaceRoot => server.values.workspace_root.as_deref(),
            Self::TenantId => Some(server.tenant.as_str()),
            Self::WorkspaceId => server
                .workspace
                .as_ref()
                .map(clasper_core::WorkspaceId::as_str),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Text(String),
    Variable(Variable),
}

/// Text with places for server-side values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_owned()));
            }
            let inner = &rest[open + 2..];
            let close = inner
                .find("}}")
                .ok_or("a template opened with {{ is not closed with }}")?;
            let name = inner[..close].trim();
            let variable = Variable::ALL.into_iter().find(|v| v.name() == name);
            parts.push(Part::Variable(variable.ok_or_else(|| {
                format!("unknown template value {name:?}: expected workspace.root, tenant.id or workspace.id")
            })?));
            rest = &inner[close + 2..];
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    pub(crate) fn literal(text: impl Into<String>) -> Self {
        Self(vec![Part::Text(text.into())])
    }

    /// The text, when it names no value.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The directory below `{{workspace.root}}` that it names: empty for the root itself, else `/` and segments.
    pub(crate) fn below_workspace_root(&self) -> Option<String> {
        let suffix = match self.0.as_slice() {
            [Part::Variable(Variable::WorkspaceRoot)] => "",
            [Part::Variable(Variable::WorkspaceRoot), Part::Text(text)]
                if text.starts_with('/') =>
            {
                text
            }
            _ => return None,
        };
        // A suffix that climbs may leave the root, and one with a NUL is no path.
        if suffix.contains("..") || suffix.contains('\0') {
            return None;
        }
        let segments = suffix.split('/').filter(|s| !s.is_empty() && *s != ".");
        Some(segments.fold(String::new(), |path, segment| path + "/" + segment))
    }

    /// The text with the values filled in; `None` when one of them is not known.
    pub(crate) fn render<'a>(&'a self, context: &'a PolicyContext) -> Option<Cow<'a, str>> {
        match self.0.as_slice() {
            [Part::Text(text)] => return Some(Cow::Borrowed(text)),
            [Part::Variable(variable)] => return variable.value(context).map(Cow::Borrowed),
            _ => {}
        }
        let mut text = String::new();
        for part in &self.0 {
            text.push_str(match part {
                Part::Text(part) => part,
                Part::Variable(variable) => variable.value(context)?,
            });
        }
        Some(Cow::Owned(text))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Variable(variable) => write!(f, "{{{{{}}}}}", variable.name())?,
            }
        }
        Ok(())
    }
}
