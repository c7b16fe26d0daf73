//! Who is next: tenants take turns, within a tenant people take turns, and each person's own requests go in their order.

use super::bucket::Urgency;
use std::collections::VecDeque;
use std::sync::Arc;

/// Those that wait. `T` is how one of them is told.
#[derive(Debug)]
pub(super) struct Queue<T> {
    interactive: VecDeque<Line<Arc<str>, Line<u64, T>>>,
    background: VecDeque<Line<Arc<str>, Line<u64, T>>>,
    len: usize,
}

/// What waits under one name.
#[derive(Debug)]
struct Line<N, T> {
    name: N,
    waiting: VecDeque<T>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { interactive: VecDeque::new(), background: VecDeque::new(), len: 0 }
    }
}

impl<T> Queue<T> {
    fn lines(&mut self, urgency: Urgency) -> &mut VecDeque<Line<Arc<str>, Line<u64, T>>> {
        match urgency {
            Urgency::Interactive => &mut self.interactive,
            Urgency::Background => &mut self.background,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// What waits most urgently.
    pub(super) fn urgency(&self) -> Option<Urgency> {
        match (self.interactive.is_empty(), self.background.is_empty()) {
            (false, _) => Some(Urgency::Interactive),
            (true, false) => Some(Urgency::Background),
            (true, true) => None,
        }
    }

    /// One more waits, behind everything else of the same person.
    pub(super) fn push(&mut self, tenant: &Arc<str>, person: u64, urgency: Urgency, waiting: T) {
        let people = line_of(self.lines(urgency), tenant);
        line_of(people, &person).push_back(waiting);
        self.len += 1;
    }

    /// Who is next. The person goes to the end of the tenant's line, the tenant to the end of all.
    pub(super) fn pop(&mut self, urgency: Urgency) -> Option<T> {
        let lines = self.lines(urgency);
        let mut tenant = lines.pop_front()?;
        let mut person = tenant.waiting.pop_front()?;
        let next = person.waiting.pop_front()?;
        if !person.waiting.is_empty() {
            tenant.waiting.push_back(person);
        }
        if !tenant.waiting.is_empty() {
            lines.push_back(tenant);
        }
        self.len -= 1;
        Some(next)
    }

    /// Drops those that no longer wait.
    pub(super) fn retain(&mut self, waits: impl Fn(&T) -> bool) {
        let mut len = 0;
        for lines in [&mut self.interactive, &mut self.background] {
            for tenant in lines.iter_mut() {
                for person in &mut tenant.waiting {
                    person.waiting.retain(&waits);
                    len += person.waiting.len();
                }
                tenant.waiting.retain(|it| !it.waiting.is_empty());
            }
            lines.retain(|it| !it.waiting.is_empty());
        }
        self.len = len;
    }
}

/// The line of a name, at the end where it is new.
fn line_of<'a, N: PartialEq + Clone, T>(lines: &'a mut VecDeque<Line<N, T>>, name: &N) -> &'a mut VecDeque<T> {
    let at = lines.iter().position(|it| it.name == *name).unwrap_or(lines.len());
    if at == lines.len() {
        lines.push_back(Line { name: name.clone(), waiting: VecDeque::new() });
    }
    // It was found or pushed just above.
    &mut lines[at].waiting
}

#[cfg(test)]
mod tests {
    use super::*;
    use Urgency::{Background, Interactive};

    fn drain(queue: &mut Queue<&'static str>, urgency: Urgency) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop(urgency)).collect()
    }

    #[test]
    fn tenants_take_turns_and_within_them_people_do() {
        let (north, south): (Arc<str>, Arc<str>) = ("north".into(), "south".into());
        let mut queue = Queue::default();
        for name in ["n-ann-1", "n-ann-2", "n-ann-3", "n-ann-4"] {
            queue.push(&north, 1, Interactive, name);
        }
        queue.push(&north, 2, Interactive, "n-bob-1");
        queue.push(&south, 1, Interactive, "s-cid-1");
        queue.push(&south, 1, Interactive, "s-cid-2");
        assert_eq!(queue.len(), 7);
        let order = drain(&mut queue, Interactive);
        assert_eq!(order, ["n-ann-1", "s-cid-1", "n-bob-1", "s-cid-2", "n-ann-2", "n-ann-3", "n-ann-4"]);
        assert_eq!((queue.len(), queue.urgency()), (0, None));
    }

    #[test]
    fn what_somebody_waits_for_is_more_urgent() {
        let tenant: Arc<str> = "north".into();
        let mut queue = Queue::default();
        queue.push(&tenant, 1, Background, "later");
        assert_eq!(queue.urgency(), Some(Background));
        queue.push(&tenant, 1, Interactive, "now");
        assert_eq!(queue.urgency(), Some(Interactive));
        assert_eq!(drain(&mut queue, Interactive), ["now"]);
        assert_eq!(drain(&mut queue, Background), ["later"]);
    }

    #[test]
    fn those_that_left_are_dropped() {
        let tenant: Arc<str> = "north".into();
        let mut queue = Queue::default();
        for (person, name) in [(1, "left"), (1, "here"), (2, "left")] {
            queue.push(&tenant, person, Interactive, name);
        }
        queue.retain(|it| *it != "left");
        assert_eq!(queue.len(), 1);
        assert_eq!(drain(&mut queue, Interactive), ["here"]);
    }
}
