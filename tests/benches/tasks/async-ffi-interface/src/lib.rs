//! The interface of the plugins, as a trait object of abi_stable whose methods return futures of async-ffi,
//! and the module that a plugin exports.

use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RBox, RBoxError, RResult, RStr, RString};
use abi_stable::{StableAbi, sabi_trait};
use async_ffi::BorrowingFfiFuture;

/// The interface of the plugins.
#[sabi_trait]
pub trait Work: Send + Sync {
    /// The sum, which wraps.
    fn add(&self, a: u64, b: u64) -> BorrowingFfiFuture<'_, RResult<u64, RBoxError>>;

    /// Greets `name`.
    fn say_hello<'a>(&'a self, name: RStr<'a>) -> BorrowingFfiFuture<'a, RResult<RString, RBoxError>>;

    /// Is pending once, and wakes the task by a clone of the waker. Returns the number of polls.
    #[sabi(last_prefix_field)]
    fn pause(&self) -> BorrowingFfiFuture<'_, RResult<u64, RBoxError>>;
}

/// An opened plugin.
pub type WorkBox = Work_TO<'static, RBox<()>>;

/// The module that a plugin exports.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = ModuleRef)))]
pub struct Module {
    /// Makes one.
    #[sabi(last_prefix_field)]
    pub new: extern "C" fn() -> RResult<WorkBox, RBoxError>,
}

impl RootModule for ModuleRef {
    abi_stable::declare_root_module_statics! {ModuleRef}

    const BASE_NAME: &'static str = "async_ffi_task_plugin";
    const NAME: &'static str = "async_ffi_task_plugin";
    const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
}
