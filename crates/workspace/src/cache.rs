//! Keeps a workspace loaded and notices when its files change.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::Error;
use crate::workspace::{Options, Workspace};

/// How long a look at the folder is trusted.
const CHECK_EVERY: TimeDelta = TimeDelta::seconds(1);

/// The current state of a workspace folder, looked at once a second at most.
#[derive(Debug)]
pub struct WorkspaceCache {
    root: PathBuf,
    options: Options,
    known: Mutex<Option<Known>>,
    /// Held while files are read, so that readers of `known` never wait for a disk.
    refreshing: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Known {
    workspace: Arc<Workspace>,
    checked_at: DateTime<Utc>,
}

impl WorkspaceCache {
    /// A cache of the folder `root`, which is read on first use.
    #[must_use]
    pub fn new(root: PathBuf, options: Options) -> Self {
        Self {
            root,
            options,
            known: Mutex::new(None),
            refreshing: Mutex::new(()),
        }
    }

    /// The workspace if it was looked at within a second before `now`. It never touches the disk, so an async caller asks
    /// this first and goes to a blocking thread for [`WorkspaceCache::current`] only when there is nothing.
    #[must_use]
    pub fn fresh(&self, now: DateTime<Utc>) -> Option<Arc<Workspace>> {
        let known = lock(&self.known);
        let known = known.as_ref()?;
        let age = now.signed_duration_since(known.checked_at);
        // A clock that was set back must not make a snapshot fresh for ever.
        (age >= TimeDelta::zero() && age < CHECK_EVERY).then(|| known.workspace.clone())
    }

    /// The workspace as it is at `now`: looks at the folder if the last look is a second old, and loads it again if it changed.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be loaded. The last good state is not served in its place: an agent must not run on
    /// rules that its operator has replaced.
    pub fn current(&self, now: DateTime<Utc>) -> Result<Arc<Workspace>, Error> {
        if let Some(workspace) = self.fresh(now) {
            return Ok(workspace);
        }
        let _one_at_a_time = lock(&self.refreshing);
        if let Some(workspace) = self.fresh(now) {
            return Ok(workspace);
        }
        let known = lock(&self.known)
            .as_ref()
            .map(|known| known.workspace.clone());
        let workspace = match known.filter(|workspace| workspace.is_current()) {
            Some(workspace) => workspace,
            None => Arc::new(self.load()?),
        };
        *lock(&self.known) = Some(Known {
            workspace: workspace.clone(),
            checked_at: now,
        });
        Ok(workspace)
    }

    /// Loads the folder, twice if a file went away between being listed and being read, as editors make them do.
    fn load(&self) -> Result<Workspace, Error> {
        match Workspace::load_with(&self.root, &self.options) {
            Err(Error::Read { .. }) => Workspace::load_with(&self.root, &self.options),
            result => result,
        }
    }
}

/// The values under these locks are replaced whole, so a panic elsewhere cannot leave them half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
