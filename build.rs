//! Compiles structures.c against the headers of the nginx that `nginx-sys` has found.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    const SOURCE: &str = "src/nginx/structures.c";
    println!("cargo::rerun-if-changed={SOURCE}");
    if let Some(directory) = variable("DEP_NGINX_BUILD_DIR") {
        println!("cargo::rerun-if-changed={directory}/ngx_auto_config.h");
    }

    let mut build = cc::Build::new();
    // nginx's own warnings; its inline functions have unused parameters.
    build.file(SOURCE).flag_if_supported("-Wno-unused-parameter");
    build.includes(env::split_paths(&variable("DEP_NGINX_INCLUDE").unwrap_or_default()));
    // `-DNAME=VALUE -DNAME`; a value can have spaces.
    let flags = variable("DEP_NGINX_CFLAGS").unwrap_or_default();
    for define in format!(" {flags}").split(" -D").skip(1) {
        build.flag(format!("-D{define}"));
    }
    build.compile("ngx_http_s3_auth_structures");
}

/// A variable that `nginx-sys` has set, whose change runs this script again.
fn variable(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).ok()
}
