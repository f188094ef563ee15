//! What a log makes of a wall clock that steps.

use super::*;

#[tokio::test]
async fn a_clock_that_steps_back_and_forward_keeps_the_order() {
    const HOUR: u64 = 3_600_000_000;
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    let world = World::new();
    let start = world.intent("a").time_us;
    // An hour back, a year forward, before 1970 there is nothing, and back to where it was.
    let clock = [start, start - HOUR, start + 8_760 * HOUR, 0, start];
    for (number, time_us) in clock.into_iter().enumerate() {
        let id = format!("req-{number}");
        let index = partition.append(Intent { time_us, ..world.intent(&id) }).await.unwrap();
        assert_eq!(index, number as u64);
    }
    log.close().await;
    drop((log, partition));
    // Neither reading nor recovery asks for the time.
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let partition = log.partition("FR-health").unwrap();
    assert!(partition.append(Intent { time_us: 1, ..world.intent("again") }).await.unwrap() >= 5);
    log.close().await;
    checked(&scratch.0);
    let records = records(&scratch.join("FR-health")).unwrap().map(|record| record.unwrap().1);
    let values: Vec<serde_json::Value> =
        records.map(|record| serde_json::from_slice(&record).unwrap()).collect();
    let times: Vec<_> = values.iter().take(5).map(|record| record["time"].as_str().unwrap()).collect();
    let years: Vec<_> = times.iter().map(|time| time.get(..4).unwrap()).collect();
    assert_eq!(years, ["2026", "2026", "2027", "1970", "2026"]);
    assert!(times[1] < times[0], "the record says what its clock said");
    let mono: Vec<_> = values.iter().take(5).map(|record| record["mono_us"].as_u64().unwrap()).collect();
    assert!(mono.is_sorted(), "{mono:?}");
    assert_ne!(values[0]["boot"], values.last().unwrap()["boot"], "mono_us counts anew with each boot");
}
