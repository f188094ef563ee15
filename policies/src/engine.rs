//! The engine: a compiled policy, its instances, and the bounds they run in.
//!
//! Invariant: an evaluation ends. It has fuel, memory and a place in a bounded pool, and when any of
//! these runs out the caller gets an error. An instance that erred is thrown away, never used again.

use std::future::Future;
use std::pin::pin;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use opa_wasm::{DefaultContext, Policy, Runtime};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::task::unconstrained;
use wasmtime::{Config, Engine, Linker, Memory, Module, Store, StoreLimits, StoreLimitsBuilder, Trap};

use crate::error::{DecideError, LoadError};

/// Fuel for one evaluation, about one unit per WebAssembly instruction. The largest case of the material
/// uses a hundredth of it.
const FUEL_MAX: u64 = 400_000_000;
/// Fuel for turning the law into tables, once per generation.
const FUEL_MAX_TABLES: u64 = 4_000_000_000;
/// Memory of one instance. Law, tables and the largest input take less than a tenth of it.
const MEMORY_BYTES_MAX: usize = 64 << 20;
/// No more instances than this, whatever the number of cores.
const INSTANCES_MAX: usize = 32;
/// How long a call waits for an instance.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// Compiled modules that are kept: the shipped core and the last ones loaded.
const MODULES_MAX: usize = 4;
/// Stack of one evaluation.
const STACK_BYTES_MAX: usize = 1 << 20;

/// A compiled policy with its data, ready to evaluate on any thread.
pub(crate) struct Evaluator {
    module: Module,
    data: Box<RawValue>,
    pool: Mutex<Pool>,
    free: Condvar,
    instances_max: usize,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Instance>,
    busy: usize,
}

struct Instance {
    store: Store<StoreLimits>,
    policy: Policy<DefaultContext>,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Evaluator")
            .field("data_bytes", &self.data.get().len())
            .finish_non_exhaustive()
    }
}

impl Evaluator {
    /// An evaluator of this module over this data document.
    pub(crate) fn new(module: Module, data: &serde_json::Value) -> Result<Evaluator, LoadError> {
        let data =
            serde_json::value::to_raw_value(data).map_err(|error| failed("the law as JSON", &error))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let instances_max = cores.min(INSTANCES_MAX);
        Ok(Evaluator { module, data, pool: Mutex::default(), free: Condvar::new(), instances_max })
    }

    /// Evaluates the decision for one input.
    pub(crate) fn evaluate<T: DeserializeOwned>(
        &self,
        entrypoint: &str,
        input: &RawValue,
    ) -> Result<T, DecideError> {
        let mut instance = self.take()?;
        let result = instance.evaluate(entrypoint, input, FUEL_MAX);
        // An instance that erred may be in any state; only its place in the pool comes back.
        self.put(result.is_ok().then_some(instance));
        result
    }

    /// Evaluates the tables of the law, on an instance of its own.
    pub(crate) fn tables(&self, entrypoint: &str) -> Result<serde_json::Value, DecideError> {
        let mut instance = self.instance()?;
        let input = serde_json::value::to_raw_value(&()).map_err(|_| DecideError::Trap)?;
        instance.evaluate(entrypoint, &input, FUEL_MAX_TABLES)
    }

    fn take(&self) -> Result<Instance, DecideError> {
        let deadline = Instant::now() + WAIT_MAX;
        let mut pool = self.lock();
        loop {
            if let Some(instance) = pool.idle.pop() {
                pool.busy += 1;
                return Ok(instance);
            }
            if pool.busy < self.instances_max {
                pool.busy += 1;
                drop(pool);
                return self.instance().inspect_err(|_| self.put(None));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(DecideError::Busy);
            }
            pool = self.free.wait_timeout(pool, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn put(&self, instance: Option<Instance>) {
        let mut pool = self.lock();
        pool.busy -= 1;
        pool.idle.extend(instance);
        drop(pool);
        self.free.notify_one();
    }

    /// No code that can panic runs under this lock, so a poisoned one holds a whole pool.
    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn instance(&self) -> Result<Instance, DecideError> {
        self.instance_within(MEMORY_BYTES_MAX)
    }

    fn instance_within(&self, bytes_max: usize) -> Result<Instance, DecideError> {
        let limits = StoreLimitsBuilder::new().memory_size(bytes_max).instances(1).tables(4).build();
        let mut store = Store::new(self.module.engine(), limits);
        store.limiter(|limits| limits);
        store.set_fuel(FUEL_MAX_TABLES).map_err(|_| DecideError::Trap)?;
        let policy = ready(async {
            let runtime = Runtime::new(&mut store, &self.module).await?;
            runtime.with_data(&mut store, &self.data).await
        })?;
        Ok(Instance { store, policy })
    }
}

impl Instance {
    fn evaluate<T: DeserializeOwned>(
        &mut self,
        entrypoint: &str,
        input: &RawValue,
        fuel: u64,
    ) -> Result<T, DecideError> {
        #[derive(serde::Deserialize)]
        struct Row<T> {
            result: T,
        }
        self.store.set_fuel(fuel).map_err(|_| DecideError::Trap)?;
        let text: Box<RawValue> = ready(self.policy.evaluate(&mut self.store, entrypoint, &input))?;
        // Read here and not by the library, so that an answer of another form is told from a trap.
        let rows: Vec<Row<T>> = serde_json::from_str(text.get())
            .map_err(|_| DecideError::Output("it is not of the form that was asked for"))?;
        let mut rows = rows.into_iter();
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(row.result),
            (None, _) => Err(DecideError::Undefined),
            (Some(_), Some(_)) => Err(DecideError::Output("more than one result")),
        }
    }
}

/// Compiles a module, or takes it from those compiled before in this process.
///
/// A module that needs a built-in from its host is refused: the core needs none, and what a host
/// computes would have to be replayed.
pub(crate) fn compile(wasm: &[u8]) -> Result<Module, LoadError> {
    static MODULES: Mutex<Vec<(Vec<u8>, Module)>> = Mutex::new(Vec::new());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, wasm).as_ref().to_vec();
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = modules.iter().find(|(known, _)| *known == digest) {
        return Ok(module.clone());
    }
    let module = Module::new(engine()?, wasm).map_err(|error| failed("the compiled core", &error))?;
    let builtins = host_builtins(&module).map_err(|error| failed("the compiled core", &error))?;
    if builtins != "{}" {
        let problem = format!("the core calls built-ins of its host: {builtins}");
        return Err(LoadError::new("core", problem, "built-ins that OPA compiles to WebAssembly itself"));
    }
    if modules.len() >= MODULES_MAX {
        modules.remove(0);
    }
    modules.push((digest, module.clone()));
    Ok(module)
}

/// The built-ins that a module asks of its host, as a JSON object; OPA's modules say it themselves.
fn host_builtins(module: &Module) -> wasmtime::Result<String> {
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build();
    let mut store = Store::new(module.engine(), limits);
    store.limiter(|limits| limits);
    store.set_fuel(FUEL_MAX)?;
    let import = module.imports().find_map(|import| import.ty().memory().cloned());
    let memory =
        Memory::new(&mut store, import.ok_or_else(|| wasmtime::Error::msg("no memory is imported"))?)?;
    let mut linker = Linker::new(module.engine());
    linker.define(&store, "env", "memory", memory)?;
    linker.define_unknown_imports_as_traps(module)?;
    let instance = linker.instantiate(&mut store, module)?;
    let value = instance.get_typed_func::<(), i32>(&mut store, "builtins")?.call(&mut store, ())?;
    let text = instance.get_typed_func::<i32, i32>(&mut store, "opa_json_dump")?.call(&mut store, value)?;
    let bytes = memory.data(&store).get(usize::try_from(text)?..).unwrap_or_default();
    let bytes: Vec<u8> = bytes.iter().copied().take_while(|byte| *byte != 0).collect();
    Ok(String::from_utf8(bytes)?)
}

fn engine() -> Result<&'static Engine, LoadError> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let made = ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config.consume_fuel(true).max_wasm_stack(STACK_BYTES_MAX / 2).async_stack_size(STACK_BYTES_MAX);
        Engine::new(&config).map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|error| failed("the WebAssembly engine", error))
}

/// Drives a future that never waits: nothing in an evaluation does, its built-ins are all inside. The
/// locks of opa-wasm are tokio's, which make a task that has used up its turn wait though they are free.
fn ready<T, E>(future: impl Future<Output = Result<T, E>>) -> Result<T, DecideError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match pin!(unconstrained(future)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => Ok(value),
        Poll::Ready(Err(error)) => Err(kind(error.into().as_ref())),
        Poll::Pending => Err(DecideError::Trap),
    }
}

/// What an error of the engine is for us. Its text may hold parts of the input and is dropped.
fn kind(error: &(dyn std::error::Error + 'static)) -> DecideError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) {
            return DecideError::Fuel;
        }
        cause = error.source();
    }
    DecideError::Trap
}

fn failed(what: &str, error: &dyn std::fmt::Display) -> LoadError {
    LoadError::new(what, format!("cannot be used: {error}"), "the files of a release; report this as a bug")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    static CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"));
    const ENTRYPOINT: &str = "inland/decision";

    fn evaluator() -> Evaluator {
        Evaluator::new(compile(CORE).unwrap(), &serde_json::json!({})).unwrap()
    }

    fn input(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn no_result_and_no_fuel_are_errors_of_their_own() {
        let evaluator = evaluator();
        let undefined = evaluator.evaluate::<serde_json::Value>(ENTRYPOINT, &input("{}"));
        assert_eq!(undefined, Err(DecideError::Undefined), "without tables nothing is decided");
        let mut instance = evaluator.instance().unwrap();
        let starved = instance.evaluate::<serde_json::Value>(ENTRYPOINT, &input("{}"), 100);
        assert_eq!(starved, Err(DecideError::Fuel));
        let unknown = evaluator.evaluate::<serde_json::Value>("inland/other", &input("{}"));
        assert_eq!(unknown, Err(DecideError::Trap));
    }

    #[test]
    fn an_input_that_does_not_fit_into_memory_is_an_error_and_the_engine_lives_on() {
        let evaluator = evaluator();
        let huge = input(&format!("[{}1]", "1,".repeat(MEMORY_BYTES_MAX / 2)));
        assert_eq!(evaluator.evaluate::<serde_json::Value>(ENTRYPOINT, &huge), Err(DecideError::Trap));
        let next = evaluator.evaluate::<serde_json::Value>(ENTRYPOINT, &input("{}"));
        assert_eq!(next, Err(DecideError::Undefined));
    }

    /// A pool has as many instances as there are cores, so this is what it takes per core.
    #[test]
    fn an_instance_with_the_whole_law_and_many_facts_takes_few_mebibytes() {
        let policies = crate::Policies::embedded().unwrap();
        let module = compile(CORE).unwrap();
        let tables = crate::policies::tables(module.clone(), policies.law()).unwrap();
        let evaluator = Evaluator::new(module, &serde_json::json!({"tables": tables})).unwrap();
        let pair = |number| {
            format!(r#"{{"id":"p{number}","processing":["US"],"storage":"unknown","remote_access":["IN"]}}"#)
        };
        let pairs: Vec<String> = (0..crate::PAIRS_MAX).map(pair).collect();
        let input = input(&format!(r#"{{"candidates":[{}],"today":"2026-11-23"}}"#, pairs.join(",")));
        let verdicts = |mebibytes: usize| {
            let mut instance = evaluator.instance_within(mebibytes << 20)?;
            instance.evaluate::<serde_json::Value>("inland/verdicts", &input, FUEL_MAX)
        };
        let enough = (1..64).find(|mebibytes| verdicts(*mebibytes).is_ok());
        assert!(enough.is_some_and(|mebibytes| mebibytes <= 8), "{enough:?}");
    }

    #[test]
    fn a_task_that_evaluates_often_in_one_turn_is_not_made_to_wait() {
        let evaluator = evaluator();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for _ in 0..300 {
                let undefined = evaluator.evaluate::<serde_json::Value>(ENTRYPOINT, &input("{}"));
                assert_eq!(undefined, Err(DecideError::Undefined));
            }
        });
    }

    #[test]
    fn when_every_instance_is_taken_a_call_waits_a_moment_and_is_refused() {
        let evaluator = evaluator();
        let taken: Vec<Instance> = (0..evaluator.instances_max).map(|_| evaluator.take().unwrap()).collect();
        assert!(matches!(evaluator.take(), Err(DecideError::Busy)));
        taken.into_iter().for_each(|instance| evaluator.put(Some(instance)));
        assert!(evaluator.take().is_ok());
    }
}
