%module one
%include "common.i"
