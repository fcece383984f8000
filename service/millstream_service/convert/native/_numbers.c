/* Numbers of lines, and the ids that they make: convert/logs/line_numbers.py says what this does, and does the same in Python.
 *
 * It works without Python's lock. Numbers come and go as pairs of the machine's own `long long`: the first and the last
 * of a run.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_module.h"
#include "_wire.h"

typedef struct {
    long long first, last;
} Run;

enum {
    LOG_ID = 2 << 3 | 2, /* StreamBuildLogIdsResponse.build_log_ids */
    MAX_BITS = 40,       /* of a run's length: the size of its ids has room in a size_t */
};

/* A column of kinds, and which of these are wanted. */
typedef struct {
    Bytes column, wanted;
} Kinds;

static int are_known(Kinds kinds)
{
    for (size_t index = 0; index < kinds.column.size; index++)
        if (kinds.column.data[index] >= kinds.wanted.size)
            return 0;
    return 1;
}

static size_t end_of(Kinds kinds, size_t index, int is_wanted)
{
    while (index < kinds.column.size && !kinds.wanted.data[kinds.column.data[index]] == !is_wanted)
        index++;
    return index;
}

/* Find the runs of lines that are wanted, and write them unless there is nowhere to. Return how many there are. */
static size_t write_runs(Kinds kinds, size_t index, long long first, Run *runs)
{
    size_t count = 0;
    for (index = end_of(kinds, index, 0); index < kinds.column.size; index = end_of(kinds, index, 0), count++) {
        const size_t end = end_of(kinds, index, 1);
        if (runs)
            runs[count] = (Run){first + (long long)index, first + (long long)end - 1};
        index = end;
    }
    return count;
}

static PyObject *find_runs(PyObject *Py_UNUSED(module), PyObject *args)
{
    Kinds kinds;
    Py_ssize_t column_size, wanted_size, index;
    long long first;
    int known;
    size_t count = 0;
    if (!PyArg_ParseTuple(args, "y#y#nL:find_runs", &kinds.column.data, &column_size, &kinds.wanted.data, &wanted_size, &index,
                          &first))
        return NULL;
    kinds.column.size = (size_t)column_size;
    kinds.wanted.size = (size_t)wanted_size;
    const size_t from = index < 0 ? 0 : (size_t)index;
    Py_BEGIN_ALLOW_THREADS
    known = are_known(kinds);
    if (known)
        count = write_runs(kinds, from, first, NULL);
    Py_END_ALLOW_THREADS
    if (!known) {
        PyErr_SetString(PyExc_ValueError, "a line is of no known kind");
        return NULL;
    }
    PyObject *found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(Run)));
    if (!found)
        return NULL;
    Run *found_at = (Run *)PyBytes_AS_STRING(found);
    Py_BEGIN_ALLOW_THREADS
    write_runs(kinds, from, first, found_at);
    Py_END_ALLOW_THREADS
    return found;
}

static int is_run(Run run)
{
    return run.first > 0 && run.first <= run.last && !((run.last - run.first) >> MAX_BITS);
}

static unsigned long long length_of(Run run)
{
    return (unsigned long long)(run.last - run.first) + 1;
}

/* Return the size of the ids of some runs; 0 where they are none. */
static size_t size_of_ids(Bytes build_id, const Run *runs, size_t count)
{
    size_t size = 0;
    for (size_t at = 0; at < count; at++) {
        if (!is_run(runs[at]))
            return 0;
        for (unsigned long long more = 0; more < length_of(runs[at]); more++)
            size += field_size(numbered(build_id, (unsigned long long)runs[at].first + more).id_size);
    }
    return size;
}

static void write_ids(Bytes build_id, const Run *runs, size_t count, unsigned char *to)
{
    for (size_t at = 0; at < count; at++)
        for (unsigned long long more = 0; more < length_of(runs[at]); more++) {
            const Numbered line = numbered(build_id, (unsigned long long)runs[at].first + more);
            to = put(put_tag(to, LOG_ID, line.id_size), build_id);
            *to++ = '/';
            to = put(to, (Bytes){line.digits + MAX_DIGITS - line.digit_count, line.digit_count});
        }
}

static PyObject *encode_ids(PyObject *Py_UNUSED(module), PyObject *args)
{
    Bytes build_id;
    const char *given;
    Py_ssize_t build_id_size, given_size;
    size_t size;
    if (!PyArg_ParseTuple(args, "y#y#:encode_ids", &build_id.data, &build_id_size, &given, &given_size))
        return NULL;
    build_id.size = (size_t)build_id_size;
    const Run *runs_at = (const Run *)given; /* bytes of Python lie where any number may */
    const size_t count = (size_t)given_size / sizeof(Run);
    Py_BEGIN_ALLOW_THREADS
    size = size_of_ids(build_id, runs_at, count);
    Py_END_ALLOW_THREADS
    if (count * sizeof(Run) != (size_t)given_size || !size != !count) {
        PyErr_SetString(PyExc_ValueError, "these are no runs of numbers");
        return NULL;
    }
    PyObject *made = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (!made)
        return NULL;
    unsigned char *made_at = (unsigned char *)PyBytes_AS_STRING(made);
    Py_BEGIN_ALLOW_THREADS
    write_ids(build_id, runs_at, count, made_at);
    Py_END_ALLOW_THREADS
    return made;
}

static PyMethodDef functions[] = {
    {"find_runs", find_runs, METH_VARARGS, PyDoc_STR("Return the runs of lines of some kinds: see convert.line_numbers.")},
    {"encode_ids", encode_ids, METH_VARARGS, PyDoc_STR("Return the ids of lines as fields: see convert.line_numbers.")},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_numbers",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__numbers(void)
{
    return PyModuleDef_Init(&module);
}
