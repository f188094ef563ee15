//! Commands beside a running gateway, and copies of a log.
#![expect(clippy::disallowed_methods, reason = "a test is the other side of the socket")]

use super::*;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use tokio::sync::watch;

const TENANT: &str = "hospital";

/// A log that serves its socket until the returned sender says stop.
struct Served {
    log: Log,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinSet<()>,
}

impl Served {
    fn start(directory: &Path) -> Served {
        let log = Log::open(directory, "gw-1").unwrap();
        log.partition("_gateway").unwrap();
        let (stop, stopped) = watch::channel(false);
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(log.listen().unwrap().serve(stopped));
        Served { log, stop, serving }
    }

    async fn end(mut self) {
        self.stop.send(true).unwrap();
        while self.serving.join_next().await.is_some() {}
        self.log.close().await;
    }
}

fn erase_of(subject: &str) -> Command {
    Command::Erase { tenant: TENANT.into(), subject: subject.into(), reason: "R-1".into() }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// What comes back for these bytes.
fn exchange(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    let _ = stream.write_all(bytes); // it may have heard enough
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer); // a reset after the answer is an answer
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_does_the_same_beside_a_running_gateway_and_without_one() {
    let scratch = Scratch::new();
    // Longer than a socket's path may be.
    let directory = scratch.join(&"long".repeat(40));
    let served = Served::start(&directory);
    let sealed = |subject: &str| served.log.seal_subject(TENANT, subject).unwrap();
    let (anna, bert) = (sealed("anna@example.org"), sealed("bert@example.org"));
    let place = directory.clone();
    let ask = move |subject: &'static str| {
        let place = place.clone();
        blocking(move || order(&place, &erase_of(subject)).unwrap())
    };
    let Answer::Erased(erased) = ask("anna@example.org").await else { panic!("not erased") };
    assert_eq!(erased, Erased { key: anna.key.clone(), partitions: vec!["_gateway".into()] });
    assert!(matches!(served.log.unseal_subject(TENANT, &anna), Err(AuditError::Erased)));
    let Answer::Refused(why) = ask("carl@example.org").await else { panic!("not refused") };
    assert!(why.starts_with("this log holds no key of that subject"), "{why}");
    served.end().await;
    assert!(!directory.join("control").exists());
    let Answer::Erased(erased) = ask("bert@example.org").await else { panic!("not erased") };
    assert_eq!(erased.key, bert.key);
    assert_eq!(checked(&directory).records, 2);
    // Nobody holds the directory any more.
    Log::open(&directory, "gw-1").unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_command_is_refused_without_repeating_it_and_the_next_one_is_heard() {
    let scratch = Scratch::new();
    let served = Served::start(&scratch.0);
    let socket = scratch.join("control");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let mut long = vec![b' '; 9_000];
    long.push(b'\n');
    let lines: [&[u8]; 9] = [
        b"",
        b"\n",
        b"{}\n",
        b"anna@example.org\n",
        b"{\"erase\":{\"tenant\":\"t\",\"subject\":\"anna@example.org\"}}\n",
        b"{\"erase\":{\"tenant\":\"t\",\"subject\":\"anna@example.org\",\"reason\":\"r\",\"anna\":1}}\n",
        b"{\"anna@example.org\":{}}\n",
        b"{\"prune\":{\"before_us\":-1}}\n",
        &long,
    ];
    for line in lines.map(<[u8]>::to_vec) {
        let socket = socket.clone();
        let answer = blocking(move || exchange(&socket, &line)).await;
        assert!(answer.starts_with("{\"refused\":\"") && answer.ends_with("\"}\n"), "{answer}");
        assert!(!answer.contains("anna"), "{answer}");
    }
    let answer = blocking(move || exchange(&socket, b"{\"prune\":{\"before_us\":0}}\n")).await;
    assert_eq!(answer, "{\"pruned\":[]}\n");
    served.end().await;
}

#[tokio::test]
async fn a_socket_that_a_dead_process_left_is_replaced_and_nothing_else_is() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.0, "gw-1").unwrap();
    let socket = scratch.join("control");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap()); // the name stays
    drop(log.listen().unwrap());
    std::fs::remove_file(&socket).unwrap();
    std::fs::write(&socket, "precious").unwrap();
    let Err(error) = log.listen() else { panic!("it listens") };
    assert!(error.to_string().contains("something that is no socket has this name"), "{error}");
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "precious");
    log.close().await;
}

#[tokio::test]
async fn a_folder_that_holds_no_log_is_not_made_one_by_a_command() {
    let scratch = Scratch::new();
    let place = scratch.0.clone();
    let error = blocking(move || order(&place, &erase_of("anna")).map(drop)).await.unwrap_err();
    assert!(error.to_string().starts_with("this directory holds no partition of a log"), "{error}");
    assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 0);
    assert!(order(&scratch.join("none"), &erase_of("anna")).is_err());
}

#[tokio::test]
async fn a_restored_copy_is_not_continued_and_a_moved_log_is_when_somebody_says_so() {
    let scratch = Scratch::new();
    let log = Log::open(&scratch.join("log"), "gw-1").unwrap();
    append_pairs(&log.partition("FR-health").unwrap(), 3).await;
    log.close().await;
    drop(log);
    if std::fs::metadata(scratch.join("log/place")).unwrap().created().is_err() {
        return; // this filesystem keeps no births: nothing can be told
    }
    copy(&scratch.join("log"), &scratch.join("copy"));
    std::fs::copy(scratch.join("log/place"), scratch.join("copy/place")).unwrap();
    let error = Log::open(&scratch.join("copy"), "gw-1").unwrap_err().to_string();
    assert!(error.contains("is a copy of a log, and a log is continued in one place"), "{error}");
    assert!(error.contains("inland audit moved "), "{error}");
    // Reading it is what a copy is for.
    assert_eq!(checked(&scratch.join("copy")).records, 6);
    Log::open(&scratch.join("log"), "gw-1").unwrap().close().await;
    // Renamed is not copied.
    std::fs::rename(scratch.join("log"), scratch.join("renamed")).unwrap();
    Log::open(&scratch.join("renamed"), "gw-1").unwrap().close().await;
    Log::moved(&scratch.join("copy")).unwrap();
    Log::open(&scratch.join("copy"), "gw-1").unwrap().close().await;
    assert!(Log::moved(&scratch.0).is_err(), "not the folder of a log");
}
