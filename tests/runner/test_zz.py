import time
from pathlib import Path
from genconv import api
from tests.runner.compiling import *
def test_x(tmp_path):
    with quick_compilation(tmp_path/"c"):
        for seeds,name in (((0,1,2),"a"),((0,1,2),"b"),((9,2,5),"c"),((7,),"d"),(tuple(range(3,10)),"a")):
            t=time.time(); api.train("vae","rings",seeds=seeds,epochs=2,settings=TINY_VAE,output=tmp_path/name); print(name,time.time()-t)
        t=time.time(); api.train("vae","moons",seeds=(7,),epochs=2,settings=TINY_VAE,output=tmp_path/"d"); print("moons",time.time()-t)
        t=time.time(); api.train("flow","moons",seeds=(7,),epochs=2,settings=[*TINY,"model.couplings=1","model.hidden=[4]"],output=tmp_path/"d"); print("flow",time.time()-t)
    print(len(list((tmp_path/"c").iterdir())))
