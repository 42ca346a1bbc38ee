//! Sources made of random declarations: names, types, macros and calls in other numbers and orders each time.

use std::fmt::Write as _;

/// Returns a source in C.
pub(crate) fn c(random: &mut fastrand::Rng) -> String {
    let mut text = String::from("#include <stddef.h>\n#include \"generated.h\"\n");
    let count = random.usize(1..40);
    let names: Vec<String> = (0..count).map(|number| name(random, number)).collect();
    for (number, name) in names.iter().enumerate() {
        let other = &names[random.usize(0..=number)];
        let _ = match random.u8(0..6) {
            0 => writeln!(
                text,
                "#define {name}_value {number}\nint {name}(int a) {{ return a + {name}_value; }}"
            ),
            1 => writeln!(
                text,
                "struct s_{name} {{ int {name}_field; struct s_{name} *{other}_next; long long wide; }};\n\
                 int {name}(int a) {{ struct s_{name} v = {{a, NULL, 1}}; return v.{name}_field; }}"
            ),
            2 => writeln!(
                text,
                "static double d_{name}[{number} + 1];\nint {name}(int a) {{ return (int)d_{name}[0] + a; }}"
            ),
            3 => writeln!(
                text,
                "enum e_{name} {{ {name}_one, {name}_two }};\n\
                 int {name}(int a) {{ enum e_{name} e = a ? {name}_one : {name}_two; return generated(e); }}"
            ),
            4 => writeln!(
                text,
                "static inline int i_{name}(int x) {{ return x * {number}; }}\nint {name}(int a) {{ return i_{name}(a); }}"
            ),
            _ => writeln!(
                text,
                "int {name}(int a) {{ int {other}_local = a; return generated({other}_local); }}"
            ),
        };
    }
    text
}

/// Returns a source in C++.
pub(crate) fn cpp(random: &mut fastrand::Rng) -> String {
    let mut text = String::from("#include <utility>\n#include \"generated.h\"\n");
    for number in 0..random.usize(1..25) {
        let name = name(random, number);
        let _ = match random.u8(0..5) {
            0 => writeln!(
                text,
                "template <class T> struct {name} {{ T value; T get() const {{ return value; }} }};\n\
                 int use_{name}() {{ return {name}<int>{{{number}}}.get() + (int){name}<double>{{1}}.get(); }}"
            ),
            1 => writeln!(
                text,
                "struct {name} {{ virtual ~{name}() {{}} virtual int run(int a) {{ return a; }} }};\n\
                 int use_{name}() {{ {name} v; return v.run({number}); }}"
            ),
            2 => writeln!(
                text,
                "namespace {{ struct {name} {{ int x = {number}; }}; {name} hidden_{name}; }}\n\
                 int use_{name}() {{ return hidden_{name}.x++; }}"
            ),
            3 => writeln!(
                text,
                "int use_{name}(int a) {{ auto f = [&](int b) {{ return a + b; }}; return f({number}); }}"
            ),
            _ => writeln!(
                text,
                "template <class F> int call_{name}(F f) {{ return f({number}); }}\n\
                 int use_{name}(int a) {{ return call_{name}([a](int b) {{ return a * b; }}); }}"
            ),
        };
    }
    text
}

/// Returns the header that both include.
pub(crate) fn header() -> &'static str {
    "static inline int generated(int value) { return value + 1; }\n"
}

fn name(random: &mut fastrand::Rng, number: usize) -> String {
    let length = random.usize(1..20);
    let letters: String = (0..length).map(|_| random.lowercase()).collect();
    format!("{letters}_{number}")
}
