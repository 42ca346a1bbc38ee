//! How the libraries do without `libgcc_s`, which the loader would otherwise have to load into every process.
//!
//! The standard library refers to the functions that unwind the stack. With `panic=abort`, only code that prints a
//! backtrace calls them, and a preloaded library prints none. The names are hidden, so the program's own exceptions
//! never reach these stand-ins.

use std::arch::global_asm;

macro_rules! stand_in {
    ($trap:literal: $($name:literal)*) => {
        $(global_asm!(concat!(
            ".globl ", $name, "\n.hidden ", $name, "\n.type ", $name, ", @function\n", $name, ":\n", $trap
        ));)*
    };
}

macro_rules! stand_ins {
    ($trap:literal) => {
        stand_in!($trap:
            "_Unwind_Backtrace" "_Unwind_DeleteException" "_Unwind_GetCFA" "_Unwind_GetDataRelBase" "_Unwind_GetIP"
            "_Unwind_GetIPInfo" "_Unwind_GetLanguageSpecificData" "_Unwind_GetRegionStart" "_Unwind_GetTextRelBase"
            "_Unwind_RaiseException" "_Unwind_Resume" "_Unwind_SetGR" "_Unwind_SetIP");
    };
}

#[cfg(target_arch = "x86_64")]
stand_ins!("ud2");
#[cfg(target_arch = "aarch64")]
stand_ins!("udf #0");
