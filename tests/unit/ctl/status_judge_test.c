// SPDX-License-Identifier: BSD-2-Clause
// Golden cases of the judgement: tests/cases/ctl/status, see the README there.
#include "ctl/status/status_judge.h"
#include "file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>

#define FOLDER EMG_CASES "/ctl/status/"

enum { METRICS_MAX = 65536, WORDS_MAX = 256 };

// Facts and the memory of their texts.
struct scene {
    struct status_facts facts;
    char metrics[STATUS_DAEMONS][METRICS_MAX];
    char problems[STATUS_DAEMONS][WORDS_MAX], replica[WORDS_MAX];
};

static const char *const answers[] = {
    [STATUS_ANSWERS] = "answers", [STATUS_REFUSED] = "refused",   [STATUS_SILENT] = "silent",
    [STATUS_GARBLED] = "garbled", [STATUS_NO_RIGHT] = "no-right", [STATUS_NO_ADDRESS] = "no-address"};

static int64_t number(struct slice word)
{
    unsigned long long out;
    assert_true(slice_number(word, INT64_MAX, &out));
    return (int64_t)out;
}

static struct slice next(struct slice *rest)
{
    struct slice word;
    slice_split(*rest, ' ', &word, rest);
    return word;
}

static enum status_answer answer_of(struct slice word)
{
    int i = 0;
    while (i < STATUS_ANSWERS_END && !slice_equal(word, slice_from(answers[i])))
        i++;
    assert_int_not_equal(i, STATUS_ANSWERS_END);
    return (enum status_answer)i;
}

static int daemon_of(struct slice word)
{
    int i = 0;
    while (i < STATUS_DAEMONS && !slice_equal(word, slice_from(status_daemon_name((enum status_daemon)i))))
        i++;
    assert_int_not_equal(i, STATUS_DAEMONS);
    return i;
}

// A later line comes first in the text, where the first sample of a name counts.
static void add_metric(struct scene *scene, int daemon, struct slice sample)
{
    char *text = scene->metrics[daemon];
    const size_t len = strlen(text);
    assert_true(sample.len + len + 2 < METRICS_MAX);
    memmove(text + sample.len + 1, text, len + 1);
    memcpy(text, sample.ptr, sample.len);
    text[sample.len] = '\n';
    scene->facts.daemons[daemon].metrics = slice_from(text);
}

static void read_queue(struct status_queue *queue, struct slice rest)
{
    const struct slice word = next(&rest);
    *queue =
        (struct status_queue){.known = slice_equal(word, SLICE("counted")) || slice_equal(word, SLICE("cut")),
                              .cut = slice_equal(word, SLICE("cut")),
                              .stopped = slice_equal(word, SLICE("stopped"))};
    if (queue->known) {
        queue->summary.messages = number(next(&rest));
        queue->summary.deferred = number(next(&rest));
        queue->summary.held = number(next(&rest));
        queue->summary.oldest = number(next(&rest));
    } else {
        problem_set(&queue->problem, "%.*s", (int)rest.len, rest.ptr);
    }
}

static void read_replica(struct scene *scene, struct slice rest)
{
    struct status_replica *replica = &scene->facts.replica;
    const struct slice word = next(&rest);
    *replica = (struct status_replica){.read = slice_equal(word, SLICE("read")),
                                       .missing = slice_equal(word, SLICE("missing"))};
    if (!replica->read) {
        assert_true(slice_copy(rest, scene->replica, sizeof scene->replica));
        replica->problem = scene->replica;
        return;
    }
    replica->checked_at = number(next(&rest));
    replica->best_mx = number(next(&rest));
    assert_true(slice_copy(rest, replica->names, sizeof replica->names));
}

static void read_daemon(struct scene *scene, int daemon, struct slice rest)
{
    struct status_seen *seen = &scene->facts.daemons[daemon];
    const struct slice word = next(&rest);
    seen->address = "127.0.0.1:9000";
    seen->problem = NULL;
    if (slice_equal(word, SLICE("metric"))) {
        add_metric(scene, daemon, rest);
        return;
    }
    if (slice_equal(word, SLICE("instead"))) {
        scene->metrics[daemon][0] = '\0';
        add_metric(scene, daemon, rest);
        return;
    }
    seen->answer = answer_of(word);
    assert_true(slice_copy(rest, scene->problems[daemon], sizeof scene->problems[daemon]));
    if (rest.len > 0)
        seen->problem = scene->problems[daemon];
}

static void read_fact(struct scene *scene, struct slice line)
{
    struct status_facts *facts = &scene->facts;
    const struct slice key = next(&line);
    if (slice_equal(key, SLICE("now")))
        facts->now = number(line);
    else if (slice_equal(key, SLICE("spf_workers")))
        facts->spf_workers = number(line);
    else if (slice_equal(key, SLICE("greylist_cache")))
        facts->greylist_cache = number(line);
    else if (slice_equal(key, SLICE("queue")))
        read_queue(&facts->queue, line);
    else if (slice_equal(key, SLICE("replica")))
        read_replica(scene, line);
    else if (slice_equal(key, SLICE("logins"))) {
        facts->has_logins = !slice_equal(line, SLICE("none"));
        if (facts->has_logins)
            facts->logins = (struct status_seen){.answer = answer_of(line), .address = "unix:/run/logins"};
    } else if (slice_equal(key, SLICE("queuehold"))) {
        facts->has_queuehold = !slice_equal(line, SLICE("none"));
        if (facts->has_queuehold)
            facts->queuehold =
                (struct status_seen){.answer = answer_of(line), .address = "unix:/run/queuehold"};
    } else
        read_daemon(scene, daemon_of(key), line);
}

// Reads the facts of a file; returns what follows the first line "=".
static struct slice read_facts(struct scene *scene, struct slice text)
{
    struct slice line;
    while (slice_split(text, '\n', &line, &text) && !slice_equal(line, SLICE("=")))
        if (line.len > 0 && line.ptr[0] != '#')
            read_fact(scene, line);
    return text;
}

static char *judge(const struct scene *scene)
{
    static struct status_report report;
    char *out = NULL;
    size_t size = 0;
    status_judge(&scene->facts, &report);
    FILE *file = open_memstream(&out, &size);
    assert_true(status_print(&report, file));
    fputs("=\n", file);
    assert_true(status_print_nagios(&report, file));
    fprintf(file, "=\nexit %d\n", (int)status_report_level(&report));
    fclose(file);
    return out;
}

static void check(const char *path, const char *well, int *wrong)
{
    static struct scene scene;
    scene = (struct scene){.facts = {.version = "1.2.3", .wait_s = 2}};
    char *text = file_text_read(path);
    (void)read_facts(&scene, slice_from(well));
    const struct slice expected = read_facts(&scene, slice_from(text));
    char *got = judge(&scene);
    if (!slice_equal(expected, slice_from(got))) {
        // print_error() cuts long texts.
        fprintf(stderr, "%s: expected\n%.*sgot\n%s", path, (int)expected.len, expected.ptr, got);
        ++*wrong;
    }
    free(got);
    free(text);
}

static void test_golden(void **state)
{
    glob_t files;
    int wrong = 0;
    (void)state;
    char *well = file_text_read(FOLDER "well.case");
    assert_int_equal(glob(FOLDER "*.case", 0, NULL, &files), 0);
    assert_true(files.gl_pathc > 15);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check(files.gl_pathv[i], well, &wrong);
    globfree(&files);
    free(well);
    assert_int_equal(wrong, 0);
}

// Every line has its place, or the last one is overwritten.
static void test_report_is_bounded(void **state)
{
    static struct status_report report;
    (void)state;
    for (int i = 0; i < 2 * STATUS_LINES_MAX; i++) {
        status_report_add(&report, STATUS_OK, "check", NULL, "line %d", i);
        status_report_value(&report, "value", i, "", "");
    }
    assert_int_equal(report.count, STATUS_LINES_MAX);
    assert_int_equal(report.value_count, STATUS_VALUES_MAX);
    assert_string_equal(report.lines[STATUS_LINES_MAX - 1].says, "line 95");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_report_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
