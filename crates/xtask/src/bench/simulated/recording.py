

# From here on: added by `cargo xtask bench`, to record what each translation reads and writes and how much processor
# time it takes, which does not depend on what else runs. Each is made in a copy of this process, as by ambidex: within
# one process, later ones would be faster.

_translate = run_pipeline


def run_pipeline(source, options, full_module_name, context):
    from . import Pipeline

    # Loads what every translation loads, as ambidex does before it makes copies.
    Pipeline.create_pyx_pipeline(context, options, CompilationResult())
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _record(source, options, full_module_name, context)
    if os.waitpid(child, 0)[1] != 0:
        raise RuntimeError("%s can't be translated" % source)
    result = CompilationResult()
    result.c_file = options.output_file
    return result


def _record(source, options, full_module_name, context):
    import json
    import shutil
    import time

    status, opened = 1, []
    sys.addaudithook(lambda event, args: opened.append(args) if event == "open" else None)
    try:
        began = time.process_time()
        result = _translate(source, options, full_module_name, context)
        seconds = time.process_time() - began
        opened = [(path, flags) for path, _, flags in list(opened) if isinstance(path, str)]
        reads = {path for path, flags in opened if flags & os.O_ACCMODE == os.O_RDONLY and os.path.isfile(path)}
        writes = sorted({path for path, flags in opened if flags & os.O_ACCMODE != os.O_RDONLY and os.path.isfile(path)})
        number = len(os.listdir(RECORDS))
        copies = [os.path.join(RECORDS, "%d-%d" % (number, at)) for at in range(len(writes))]
        for path, copy in zip(writes, copies):
            shutil.copyfile(path, copy)
        record = {
            "source": source,
            "module": full_module_name,
            "seconds": seconds,
            "reads": sorted(reads - set(writes)),
            "writes": list(zip(writes, copies)),
        }
        with open(os.path.join(RECORDS, "%d.json" % number), "w") as file:
            json.dump(record, file)
        status = 1 if result.num_errors else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
