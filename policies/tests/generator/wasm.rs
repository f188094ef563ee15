//! The shipped core as WebAssembly, with any law as its data.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use opa_wasm::{DefaultContext, Policy, Runtime};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use wasmtime::{Engine, Module, Store};

use crate::generator::law::packs;

static CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/policy.wasm"));

pub(crate) struct Wasm {
    store: Store<()>,
    policy: Policy<DefaultContext>,
}

impl Wasm {
    /// The core over this law.
    pub(crate) fn of_law(law: &Value) -> Wasm {
        Wasm::of_tables(&tables(law))
    }

    pub(crate) fn of_tables(tables: &Value) -> Wasm {
        Wasm::over(&json!({"tables": tables}))
    }

    fn over(data: &Value) -> Wasm {
        static MODULE: OnceLock<Module> = OnceLock::new();
        let module = MODULE.get_or_init(|| Module::new(&Engine::default(), CORE).unwrap());
        let mut store = Store::new(module.engine(), ());
        let policy = ready(async {
            Runtime::new(&mut store, module).await.unwrap().with_data(&mut store, data).await.unwrap()
        });
        Wasm { store, policy }
    }

    /// The decision, or null where it is undefined.
    pub(crate) fn decide(&mut self, input: &Value) -> Value {
        self.evaluate("inland/decision", input)
    }

    /// The decision for an input as text; it must have one.
    pub(crate) fn decide_text(&mut self, input: &str) -> Value {
        let decision =
            self.evaluate("inland/decision", RawValue::from_string(input.to_owned()).unwrap().as_ref());
        assert!(decision.is_object(), "{input}");
        decision
    }

    fn evaluate(&mut self, entrypoint: &str, input: &(impl serde::Serialize + ?Sized)) -> Value {
        let mut rows: Vec<Value> = ready(self.policy.evaluate(&mut self.store, entrypoint, &input)).unwrap();
        assert!(rows.len() <= 1, "{rows:?}");
        rows.pop().map_or(Value::Null, |mut row| row["result"].take())
    }
}

/// The lookup tables of a law, made by the core itself.
pub(crate) fn tables(law: &Value) -> Value {
    Wasm::over(&json!({"law": law, "packs": packs()})).evaluate("inland/tables/document", &Value::Null)
}

/// Drives a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("an evaluation waits for nothing"),
    }
}
