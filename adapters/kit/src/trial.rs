//! One rule of a port put to the test, and what came of all of them.

use crate::fixture::Fixture;
use postern_api::Op;
use std::fmt;
use std::pin::Pin;

/// `Err` says what was seen instead.
pub type Verdict = Result<(), String>;

type Running<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;
type Run = for<'a> fn(&'a Fixture) -> Running<'a>;

/// What a trial is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Found, missing, empty, paged, sorted.
    Shape,
    /// `supports()` and the methods agree.
    Honesty,
    /// Rows name their owner; reach is kept.
    Scope,
    /// A viewer never learns of what only employees may read.
    Visibility,
    /// Creating, commenting, closing, escalating; every other change.
    Writes,
    /// Inviting and moving the lead role; portal users.
    People,
    /// The backend misbehaves.
    Failure,
}

impl Group {
    /// The group's name.
    pub fn name(self) -> &'static str {
        match self {
            Group::Shape => "shape",
            Group::Honesty => "honesty",
            Group::Scope => "scope",
            Group::Visibility => "visibility",
            Group::Writes => "writes",
            Group::People => "people",
            Group::Failure => "failure",
        }
    }
}

/// A sentence, the rule behind it, and how to find out.
#[derive(Clone, Copy)]
pub struct Trial {
    group: Group,
    name: &'static str,
    rule: &'static str,
    needs: &'static [Op],
    wanted: fn(&Fixture) -> bool,
    run: Run,
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.group.name(), self.name)
    }
}

impl Trial {
    pub(crate) fn new(group: Group, name: &'static str, rule: &'static str, needs: &'static [Op], run: Run) -> Self {
        Self { group, name, rule, needs, wanted: |_| true, run }
    }

    /// Only where the fixture has what the trial is about.
    pub(crate) fn when(mut self, wanted: fn(&Fixture) -> bool) -> Self {
        self.wanted = wanted;
        self
    }

    /// What it is about.
    pub fn group(&self) -> Group {
        self.group
    }

    /// The sentence.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The rule, in one line.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// The operations without which it does not run.
    pub fn needs(&self) -> &'static [Op] {
        self.needs
    }

    /// Whether the fixture has what the trial is about.
    pub fn wanted(&self, fixture: &Fixture) -> bool {
        (self.wanted)(fixture)
    }

    /// Runs it.
    pub async fn run(&self, fixture: &Fixture) -> Outcome {
        let verdict = (self.run)(fixture).await;
        Outcome { group: self.group, name: self.name.into(), rule: self.rule, verdict }
    }
}

/// What came of one trial.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What it was about.
    pub group: Group,
    /// The sentence.
    pub name: String,
    /// The rule.
    pub rule: &'static str,
    /// Whether it held.
    pub verdict: Verdict,
}

/// What came of all trials.
#[derive(Debug, Clone)]
pub struct Report {
    outcomes: Vec<Outcome>,
}

impl Report {
    pub(crate) fn new(outcomes: Vec<Outcome>) -> Self {
        Self { outcomes }
    }

    /// Every outcome, in the order of running.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Those that did not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|it| it.verdict.is_err())
    }

    /// Whether there was a trial and every one held.
    pub fn passed(&self) -> bool {
        !self.outcomes.is_empty() && self.failures().next().is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Outcome { group, name, rule, verdict } in &self.outcomes {
            match verdict {
                Ok(()) => writeln!(f, "ok      {}: {name}", group.name())?,
                Err(seen) => {
                    writeln!(f, "FAILED  {}: {name}\n        rule: {rule}\n        seen: {seen}", group.name())?
                }
            }
        }
        write!(f, "{} trials, {} failed", self.outcomes.len(), self.failures().count())
    }
}
