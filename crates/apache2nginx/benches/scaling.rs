//! How long conversions take, and how that grows.
//!
//!     cargo bench --package apache2nginx
//!
//! An effort that grows with the square takes 64 times as long for 8 times as much.

#[path = "../tests/inputs/mod.rs"]
mod inputs;

use std::time::{Duration, Instant};

use apache2nginx::nginx::render;
use inputs::{converted, layouts, odd_inputs, virtual_hosts};

fn main() {
    let hosts = virtual_hosts(10_000);
    println!("{:>10.1?}  10,000 virtual hosts", best_time(&hosts));

    println!("\n{:>10}  {:>10}  {:>5}", "250", "2,000", "");
    for (name, layout) in layouts() {
        compare(name, &layout(250), &layout(2_000));
    }
    for ((_, small), (_, large)) in odd_inputs(250).into_iter().zip(odd_inputs(2_000)) {
        let name: String = large.chars().take(40).collect();
        compare(&name.escape_debug().to_string(), &small, &large);
    }
}

fn compare(name: &str, small: &str, large: &str) {
    let (short, long) = (best_time(small), best_time(large));
    let ratio = long.as_secs_f64() / short.as_secs_f64();
    println!("{short:>10.1?}  {long:>10.1?}  {ratio:>5.1}  {name}");
}

/// The best of three.
fn best_time(text: &str) -> Duration {
    let time = |_| {
        let start = Instant::now();
        if let Ok(conversion) = converted(text.as_bytes()) {
            std::hint::black_box((render(&conversion.main), render(&conversion.secrets)));
        }
        start.elapsed()
    };
    (0..3).map(time).min().unwrap_or_default()
}
