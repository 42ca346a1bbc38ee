#error "this compiler is not supported"
