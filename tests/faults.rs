//! Nothing lost: under each fault the call ends well or says what is wrong, and the next one simply works.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "faults/commands.rs"]
mod commands;
#[path = "faults/figures.rs"]
mod figures;
#[path = "faults/interrupts.rs"]
mod interrupts;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/lab.rs"]
mod lab;
#[path = "faults/load.rs"]
mod load;
#[path = "faults/looks.rs"]
mod looks;
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/rates.rs"]
mod rates;
#[path = "faults/soak.rs"]
mod soak;
#[path = "faults/stops.rs"]
mod stops;
#[path = "faults/subjects.rs"]
mod subjects;
mod support;
#[path = "faults/table.rs"]
mod table;
