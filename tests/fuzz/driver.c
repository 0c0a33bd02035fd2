// SPDX-License-Identifier: BSD-2-Clause
// Replays a corpus through a harness, where libFuzzer is not linked: fuzz_NAME FOLDER
#include "fuzz.h"

#include <dirent.h>
#include <err.h>
#include <sys/stat.h>

// Returns false for what is no file.
static bool replay(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &status) < 0)
        err(1, "%s", path);
    bool regular = S_ISREG(status.st_mode);
    if (regular) {
        size_t size = (size_t)status.st_size;
        uint8_t *data = malloc(size + (size == 0)); // exact, so that the sanitizer sees a read past its end
        if (!data || fread(data, 1, size, file) != size)
            err(1, "%s", path);
        printf("%s\n", path);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    fclose(file);
    return regular;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1, replayed = 0;
    if (count < 0)
        err(2, "usage: %s FOLDER", argv[0]);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        replayed += replay(path);
        free(entries[i]);
    }
    free(entries);
    if (replayed == 0)
        errx(1, "%s: no inputs", argv[1]);
    return 0;
}
