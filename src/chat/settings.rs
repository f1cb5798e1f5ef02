//! The room's settings, and retention, which follows from them.

use super::limits::{RETENTION_DAYS_MAX, RETENTION_STEP_MS};
use super::{Caller, Change, Decision, Founding, Refusal, Reply, Room, Settings, rules};
use crate::crdt::{Body, Hlc, Role, Stamp, Visibility};

const DAY_MS: u64 = 24 * 3600 * 1000;

impl Room {
    /// Changes what is given.
    pub(super) fn update(
        &mut self,
        now_ms: u64,
        caller: &Caller,
        name: Option<String>,
        visibility: Option<Visibility>,
        retention_days: Option<u32>,
    ) -> Result<Decision, Refusal> {
        self.require(caller, Role::Owner)?;
        let mut settings = self.settings.clone();
        if let Some(name) = name {
            rules::check_name(&name)?;
            settings.name = name;
        }
        if let Some(visibility) = visibility {
            settings.visibility = changeable(visibility)?;
        }
        if let Some(days) = retention_days {
            settings.retention_days = retention(Some(days))?;
        }
        if settings == self.settings {
            return Ok(Decision::reply(Reply::Done));
        }
        self.settings = settings;
        let append = self.append_own(now_ms, Some(&caller.user), body(&self.settings));
        let changes = vec![append, Change::Settings(self.settings.clone())];
        Ok(Decision::durable(changes, Reply::Done))
    }

    /// Purges the bodies that have outlived the retention, if there can be any.
    pub(super) fn retain(&mut self, now_ms: u64) -> Decision {
        let nothing = Decision::reply(Reply::Purged(None));
        let Some(days) = self.settings.retention_days else {
            return nothing;
        };
        let cutoff_ms = now_ms.saturating_sub(u64::from(days) * DAY_MS);
        let purged = self.head.purged_up_to;
        let due_ms = purged.map_or(1, |purged| purged.0.ms() + RETENTION_STEP_MS);
        let newer = purged.is_none_or(|purged| purged < self.newest_body);
        let Ok(cutoff) = Hlc::new(cutoff_ms, u32::MAX) else {
            return nothing;
        };
        if cutoff_ms < due_ms || !newer {
            return nothing;
        }
        let up_to = Stamp(cutoff);
        let append = self.append_own(now_ms, None, Body::Purge { up_to });
        self.head.purged_up_to = Some(up_to);
        let changes = vec![append, Change::PurgeUpTo(up_to)];
        Decision::durable(changes, Reply::Purged(Some(up_to)))
    }
}

/// The settings a room begins with.
pub(super) fn founding(founding: &Founding) -> Result<Settings, Refusal> {
    let (name, visibility, retention_days) = match founding {
        Founding::Group {
            name,
            visibility,
            retention_days,
        } => {
            rules::check_name(name)?;
            (
                name.clone(),
                changeable(*visibility)?,
                retention(*retention_days)?,
            )
        }
        Founding::Direct { retention_days, .. } => {
            let days = retention(*retention_days)?;
            (String::new(), Visibility::Direct, days)
        }
    };
    Ok(Settings {
        name,
        visibility,
        retention_days,
        topic: String::new(),
        topic_written: None,
    })
}

/// The op that says the settings.
pub(super) fn body(settings: &Settings) -> Body {
    Body::Room {
        name: settings.name.clone(),
        visibility: settings.visibility,
        retention_days: settings.retention_days,
    }
}

fn changeable(visibility: Visibility) -> Result<Visibility, Refusal> {
    match visibility {
        Visibility::Public | Visibility::Private => Ok(visibility),
        Visibility::Direct => Err(Refusal::BadVisibility),
    }
}

fn retention(days: Option<u32>) -> Result<Option<u32>, Refusal> {
    match days {
        None | Some(0) => Ok(None),
        Some(days) if days <= RETENTION_DAYS_MAX => Ok(Some(days)),
        Some(_) => Err(Refusal::BadRetention),
    }
}
