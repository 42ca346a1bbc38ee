/* A stand-in for a compiler. With RECORDING, it runs the real one and records what that did. Otherwise it does what was
 * recorded: it makes the same output, and sleeps for as long as the real one needed a processor. It hardly needs one
 * itself, so many of them can run at once on few processors.
 *
 * RECORDS is the directory of the records. For each command it has KEY (the processor time, which does not depend on
 * what else ran, and the exit status), KEY.command, KEY.err, KEY.out, and KEY.reads (the files that it read, which the
 * chore writes). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L

static void fail(const char *what)
{
    fprintf(stderr, "the stand-in for the compiler: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Opens a file of the records. The engine must not take it for something that the compiler has read, so this call
 * doesn't go through the C library, where commands are observed. */
static int open_record(const char *path)
{
#if defined(__x86_64__)
    long result;
    register long mode __asm__("r10") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(257L), "D"((long)AT_FDCWD), "S"(path), "d"((long)(O_RDONLY | O_CLOEXEC)), "r"(mode)
                     : "rcx", "r11", "memory");
    if (result < 0)
        errno = -(int)result;
    return result < 0 ? -1 : (int)result;
#else
    return open(path, O_RDONLY | O_CLOEXEC);
#endif
}

/* Returns the path of a file about this command. */
static const char *of(uint64_t key, const char *end)
{
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], RECORDS "/%016llx%s", (unsigned long long)key, end);
    return path;
}

static void copy(int from, int to)
{
    ssize_t count;
    while ((count = sendfile(to, from, NULL, 1 << 30)) > 0)
        ;
    if (count < 0)
        fail("an output can't be copied");
}

static uint64_t with(uint64_t key, const void *data, size_t length)
{
    const unsigned char *byte = data;
    while (length--)
        key = (key ^ *byte++) * 1099511628211u;
    return key;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Adds an object to a key: its name, its size and how it ends. Its directory is another one in each build. */
static uint64_t with_object(uint64_t key, const char *path)
{
    char end[256];
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    key = with(key, name_of(path), strlen(name_of(path)) + 1);
    if (file < 0 || fstat(file, &status) < 0)
        return key;
    ssize_t count = pread(file, end, sizeof end, status.st_size > 256 ? status.st_size - 256 : 0);
    close(file);
    key = with(key, &status.st_size, sizeof status.st_size);
    return count > 0 ? with(key, end, (size_t)count) : key;
}

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), more = strlen(end);
    return length > more && !strcmp(text + length - more, end);
}

static uint64_t key_of(int argc, char **argv, const char **output)
{
    uint64_t key = 14695981039346656037u;
    key = with(key, name_of(argv[0]), strlen(name_of(argv[0])) + 1);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-o") && i + 1 < argc) {
            *output = argv[++i];
            key = with(key, name_of(*output), strlen(name_of(*output)) + 1);
        } else if (argv[i][0] != '-' && (ends_with(argv[i], ".o") || ends_with(argv[i], ".a"))) {
            key = with_object(key, argv[i]);
        } else {
            key = with(key, argv[i], strlen(argv[i]) + 1);
        }
    }
    return key;
}

#ifdef RECORDING

static int create(const char *path, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0)
        fail(path);
    return file;
}

static void put(int file, const char *text)
{
    if (write(file, text, strlen(text) + 1) < 0)
        fail("a record can't be written");
}

/* Writes down the working directory, the path of the real compiler, and the arguments. */
static void describe(uint64_t key, const char *real, char **argv)
{
    char folder[4096];
    int file = create(of(key, ".command"), 0666);
    put(file, getcwd(folder, sizeof folder) ? folder : "");
    put(file, real);
    while (*++argv)
        put(file, *argv);
    close(file);
}

/* Returns the path of the real program, to which a link in the directory of records leads. */
static const char *real_of(const char *name)
{
    static char real[4096];
    char link[4096];
    snprintf(link, sizeof link, RECORDS "/real/%s", name);
    ssize_t count = readlink(link, real, sizeof real - 1);
    if (count < 0)
        fail(link);
    real[count] = 0;
    return real;
}

static long nanoseconds(struct timeval time)
{
    return time.tv_sec * SECOND + time.tv_usec * 1000;
}

int main(int argc, char **argv)
{
    const char *output = NULL, *real = real_of(name_of(argv[0]));
    uint64_t key = key_of(argc, argv, &output);
    int status, from, err = create(of(key, ".err"), 0666);
    struct rusage used;
    pid_t child = fork();
    if (child == 0) {
        dup2(err, 2);
        argv[0] = (char *)real;
        execv(real, argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0)
        fail(real);
    long took = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    FILE *file = fopen(of(key, ""), "we");
    if (!file || fprintf(file, "%ld %d\n", took, code) < 0 || fclose(file))
        fail("a record can't be written");
    describe(key, real, argv);
    struct stat kind;
    from = output ? open(output, O_RDONLY | O_CLOEXEC) : -1;
    if (from >= 0 && fstat(from, &kind) == 0) {
        int to = create(of(key, ".out"), kind.st_mode & 0777);
        copy(from, to);
        close(to);
    }
    copy(open_record(of(key, ".err")), 2);
    return code;
}

#else

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* Opens each file that the real compiler has read, for the engine to see. */
static void look(uint64_t key)
{
    struct stat status;
    int list = open_record(of(key, ".reads"));
    if (list < 0 || fstat(list, &status) < 0)
        return;
    char *names = malloc((size_t)status.st_size + 1);
    ssize_t count = read(list, names, (size_t)status.st_size);
    for (char *name = names; name < names + count; name += strlen(name) + 1) {
        int file = open(name, O_RDONLY | O_CLOEXEC);
        if (file >= 0)
            close(file);
    }
}

int main(int argc, char **argv)
{
    long began = now(), duration;
    const char *output = NULL;
    char text[64] = "";
    int code, from;
    uint64_t key = key_of(argc, argv, &output);
    int record = open_record(of(key, ""));
    if (record < 0 || read(record, text, sizeof text - 1) < 0 || sscanf(text, "%ld %d", &duration, &code) != 2) {
        for (int i = 0; i < argc; i++)
            fprintf(stderr, "%s ", argv[i]);
        fail("was not recorded");
    }
    look(key);
    if (output && (from = open_record(of(key, ".out"))) >= 0) {
        struct stat kind;
        if (fstat(from, &kind) < 0)
            fail(output);
        int to = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kind.st_mode & 0777);
        if (to < 0)
            fail(output);
        copy(from, to);
        close(to);
    }
    if ((from = open_record(of(key, ".err"))) >= 0)
        copy(from, 2);
    long end = began + duration;
    struct timespec until = {end / SECOND, end % SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
    return code;
}

#endif
