//! Hands the features of the nginx in question to the compiler, as `nginx-sys` found them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DEP_NGINX_FEATURES_CHECK");
    println!("cargo::rerun-if-env-changed=DEP_NGINX_FEATURES");
    if let Ok(values) = std::env::var("DEP_NGINX_FEATURES_CHECK") {
        println!("cargo::rustc-check-cfg=cfg(ngx_feature, values({values}))");
    }
    for feature in std::env::var("DEP_NGINX_FEATURES").unwrap_or_default().split(',') {
        println!("cargo::rustc-cfg=ngx_feature=\"{feature}\"");
    }
}
