/* What our modules have in common: no state, and nothing that needs Python's lock. */
#ifndef MILLSTREAM_MODULE_H
#define MILLSTREAM_MODULE_H

#include <Python.h>

/* Python 3.12 may have an interpreter with a lock of its own, 3.13 may have none. */
static PyModuleDef_Slot module_slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

/* Without Python's lock, an object that others may change is held while it is read. */
#ifndef Py_BEGIN_CRITICAL_SECTION
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

#endif
