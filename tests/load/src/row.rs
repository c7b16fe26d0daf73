//! A server that is measured, and what was seen of it.

use crate::Failure;
use crate::child::{Memory, Server};
use crate::client::Request;
use crate::load::{Sample, Times, measure, median};
use std::collections::BTreeMap;
use std::time::Duration;

/// The numbers of connections that are measured.
pub(crate) const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// A server and its figures.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name in the table.
    pub(crate) name: &'static str,
    /// What is asked of it.
    pub(crate) request: Request,
    /// From the start of the process to its first good answer, on a store that is there already.
    pub(crate) start: Option<Duration>,
    /// Resident memory before the load, in MB.
    pub(crate) idle: Memory,
    /// Which numbers of connections are tried.
    pub(crate) connections: Vec<usize>,
    /// By the number of connections, a sample a round.
    pub(crate) samples: BTreeMap<usize, Vec<Sample>>,
}

impl Row {
    /// A server that is idle as yet.
    pub(crate) fn new(name: &'static str, server: &Server, request: Request) -> Result<Self, Failure> {
        let idle = server.memory()?;
        Ok(Self { name, request, start: None, idle, connections: CONNECTIONS.to_vec(), samples: BTreeMap::new() })
    }

    /// Measures it once more with so many connections, if it is one of its numbers.
    pub(crate) async fn round(&mut self, server: &Server, connections: usize, times: Times) -> Result<(), Failure> {
        if self.connections.contains(&connections) {
            let sample = measure(server, &self.request, connections, times).await?;
            self.samples.entry(connections).or_default().push(sample);
        }
        Ok(())
    }

    /// The median over the rounds of a figure.
    pub(crate) fn median(&self, connections: usize, figure: impl Fn(&Sample) -> f64) -> Option<f64> {
        let samples = self.samples.get(&connections)?;
        let value = median(samples.iter().map(figure));
        value.is_finite().then_some(value)
    }

    /// All errors.
    pub(crate) fn errors(&self) -> u64 {
        self.all().map(|it| it.errors).sum()
    }

    /// Every sample.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sample> {
        self.samples.values().flatten()
    }
}
