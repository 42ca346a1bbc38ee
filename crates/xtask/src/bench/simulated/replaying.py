

# From here on: added by `cargo xtask bench`, to make each translation as it was recorded: it opens the same files, makes
# the same outputs, and sleeps for as long as the real one took.

import time


def run_pipeline(source, options, full_module_name, context):
    began = time.monotonic()
    seconds, reads, writes = RECORDED[source, full_module_name]
    for path in reads:
        open(path, "rb").close()
    for path, copy in writes:
        with open(copy, "rb") as file:
            text = file.read()
        with open(path, "wb") as file:
            file.write(text)
    time.sleep(max(0, began + seconds - time.monotonic()))
    result = CompilationResult()
    result.c_file = options.output_file
    return result
