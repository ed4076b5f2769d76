//! The whole local cloud: what exists, the clock, tokens given out, scripted faults and the journal.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::entra::{self, Tokens};
use crate::exchange::{Answer, Call, Service};
use crate::faults::Fault;
use crate::journal::Journal;
use crate::traffic::Traffic;
use crate::world::World;
use crate::{arm, graph, konnect, progress};

pub(crate) struct Cloud {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) journal: Journal,
    pub(crate) faults: Vec<Fault>,
    pub(crate) traffic: Traffic,
    /// What existed before the last request that was no read.
    before: Option<Box<World>>,
    /// How many Konnect requests there were, for trace ids.
    pub(crate) traces: u64,
    /// What existed at start, of the kinds that callers make.
    seeded: Vec<String>,
}

/// The kinds of objects that callers make, by their keys in the state.
const MADE_BY_CALLERS: [&str; 5] = [
    "service_principals",
    "role_definitions",
    "role_assignments",
    "transit_gateways",
    "private_dns",
];

/// Every object of a kind that callers make, as its kind and id.
fn made(world: &World) -> Vec<String> {
    let world = json!(world);
    let objects = MADE_BY_CALLERS.iter().flat_map(|kind| {
        let objects = world
            .get(kind)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        // What is only remembered for the sake of replicas is gone.
        let objects = objects.filter(|object| object.get("deleted").is_none_or(Value::is_null));
        objects.map(move |object| {
            format!(
                "{kind} {}",
                object.get("id").and_then(Value::as_str).unwrap_or_default()
            )
        })
    });
    objects.collect()
}

impl Cloud {
    pub(crate) fn new(mut world: World, clock: Clock) -> Self {
        let now = clock.now();
        // Seeded networks that are on their way have no step yet.
        let mut networks = std::mem::take(&mut world.networks);
        for network in networks.iter_mut().filter(|network| network.next.is_none()) {
            progress::start_network(&world, network, now);
        }
        world.networks = networks;
        Self {
            seeded: made(&world),
            world,
            clock,
            tokens: Tokens::default(),
            journal: Journal::default(),
            faults: Vec::new(),
            traffic: Traffic::default(),
            before: None,
            traces: 0,
        }
    }

    /// What callers made and did not remove: each object's kind and id.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let mut now = made(&self.world);
        now.retain(|object| !self.seeded.contains(object));
        now
    }

    /// Lets everything happen that is due by now.
    pub(crate) fn settle(&mut self) {
        progress::settle(&mut self.world, self.clock.now());
    }

    /// Handles a call in the world as it was before the last change, as a replica that lags behind would.
    pub(crate) fn handle_stale(&mut self, call: &Call) -> Answer {
        let Some(before) = self.before.take().filter(|_| is_read(call)) else {
            return self.handle(call);
        };
        let now = std::mem::replace(&mut self.world, *before);
        let answer = self.handle(call);
        self.before = Some(Box::new(std::mem::replace(&mut self.world, now)));
        answer
    }

    pub(crate) fn handle(&mut self, call: &Call) -> Answer {
        self.settle();
        if !is_read(call) && call.service != Service::Entra {
            self.before = Some(Box::new(self.world.clone()));
        }
        match call.service {
            Service::Entra => entra::handle(self, call),
            Service::Graph => graph::handle(self, call),
            Service::Arm => arm::handle(self, call),
            Service::Konnect => konnect::handle(self, call),
            Service::Control => Answer::empty(404, ""),
        }
    }

    pub(crate) fn state(&mut self) -> Value {
        self.settle();
        let mut state = json!(self.world);
        if let Some(fields) = state.as_object_mut() {
            fields.insert("clock".to_owned(), self.clock.describe());
            fields.insert("faults".to_owned(), json!(self.faults));
        }
        state
    }
}

fn is_read(call: &Call) -> bool {
    call.method == Method::GET || call.method == Method::HEAD
}

/// The cloud behind a lock; a handler that panicked leaves it usable.
pub(crate) struct Shared(Mutex<Cloud>);

impl Shared {
    pub(crate) fn new(cloud: Cloud) -> Self {
        Self(Mutex::new(cloud))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Cloud> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
