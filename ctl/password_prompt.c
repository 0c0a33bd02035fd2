// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/password_prompt.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// One line, byte by byte: no buffer keeps a copy, and what follows remains for others. An end without a line
// end is one, too, unless nothing was read.
static bool read_line(char text[PASSWORD_PROMPT_MAX], struct slice *line, struct problem *problem)
{
    size_t len = 0;
    ssize_t got = 0;
    while (len < PASSWORD_PROMPT_MAX && (got = read(STDIN_FILENO, text + len, 1)) == 1 && text[len] != '\n')
        len++;
    *line = slice_make(text, len);
    if (len == PASSWORD_PROMPT_MAX)
        return problem_set(problem, "the password is longer than any that is accepted");
    if (got < 0 || (got == 0 && len == 0))
        return problem_set(problem, "there is no password on standard input: write it there as a line");
    return true;
}

// As getpass(3): signals of the terminal wait, so that none leaves it without echo.
static bool ask_once(const char *prompt, char text[PASSWORD_PROMPT_MAX], struct slice *line,
                     struct problem *problem)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return problem_set(problem, "the terminal cannot be set to no echo");
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return problem_set(problem, "the terminal cannot be set to no echo");
    fputs(prompt, stderr);
    const bool good = read_line(text, line, problem);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return good;
}

static bool ask_twice(char text[PASSWORD_PROMPT_MAX], struct slice *password, struct problem *problem)
{
    char again[PASSWORD_PROMPT_MAX];
    struct slice repeated = {0};
    bool good = ask_once("new password: ", text, password, problem) &&
                ask_once("the same again: ", again, &repeated, problem);
    if (good && !slice_equal(*password, repeated))
        good = problem_set(problem, "the two are not the same");
    explicit_bzero(again, sizeof again);
    return good;
}

bool password_prompt_read(char text[PASSWORD_PROMPT_MAX], struct slice *password, struct problem *problem)
{
    const bool good =
        isatty(STDIN_FILENO) ? ask_twice(text, password, problem) : read_line(text, password, problem);
    if (!good)
        explicit_bzero(text, PASSWORD_PROMPT_MAX);
    return good;
}
